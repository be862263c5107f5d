"""From a Kafka record to a judged, committed entry."""
