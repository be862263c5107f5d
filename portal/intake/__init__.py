"""The way in by HTTP: a container of acts goes to Kafka, the answer waits for the outcome."""
