"""Reads topics whole, for tests that search them."""

from kafka import KafkaConsumer, TopicPartition

IDLE_POLLS = 10


def every_byte_of_topics(address, without: tuple[str, ...] = ()) -> bytes:
    """Return keys, values and headers of every record of every topic but some, joined."""
    consumer = KafkaConsumer(
        bootstrap_servers=address.servers.split(","),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 << 20,
    )
    parts = []
    try:
        for topic in sorted(set(consumer.topics()) - set(without)):
            for partition in sorted(consumer.partitions_for_topic(topic) or ()):
                place = TopicPartition(topic, partition)
                consumer.assign([place])
                consumer.seek_to_beginning(place)
                parts += whole_partition(consumer)
    finally:
        consumer.close()
    return b"\n".join(parts)


def whole_partition(consumer) -> list[bytes]:
    """Return what the assigned partition holds; its end is where polls stay empty."""
    parts, idle = [], 0
    while idle < IDLE_POLLS:
        polled = consumer.poll(timeout_ms=100, max_records=5000)
        idle = 0 if polled else idle + 1
        for records in polled.values():
            for record in records:
                parts += [record.key or b"", record.value or b""]
                parts += [value or b"" for _, value in record.headers]
    return parts
