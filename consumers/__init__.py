"""What reads from Kafka and writes to it: appender, relay, emitter client, platform, generator."""
