"""The id of an Apache Kafka cluster, as its tools take it."""

from portal.stack.apache import new_cluster_id


def test_an_id_never_looks_like_an_option():
    """One in 64 random ids begins with a hyphen; those are drawn again."""
    drawn = [b"\xf8" + bytes(15), b"\xfb" + bytes(15), b"\x01" + bytes(15)]
    left = iter(drawn)
    assert new_cluster_id(lambda size: next(left)[:size]) == "AQAAAAAAQACAAAAAAAAAAA"
    assert next(left, None) is None
