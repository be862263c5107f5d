"""The topics that programs create are those that are written down."""

from pathlib import Path

import pytest
import yaml

from consumers.incarnation import tracking_name
from consumers.topics import REPLICATION_FACTOR, TOPICS, log_topics

WRITTEN = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / "infra" / "kafka" / "topics.yaml").read_text()
)


def test_the_file_for_people_says_what_the_programs_do():
    """Names, partitions and every setting."""
    assert WRITTEN["replication_factor"] == REPLICATION_FACTOR
    written = {
        name: (
            row.pop("partitions"),
            {key: str(value) for key, value in {**WRITTEN["settings"], **row}.items()},
        )
        for name, row in WRITTEN["topics"].items()
    }
    assert written == {
        topic.name: (topic.partitions or "case-logs", topic.settings(REPLICATION_FACTOR))
        for topic in TOPICS
    }


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("control", ("enforcement.control.v1", "enforcement.ledger.control.v1", 0)),
        ("0", ("enforcement.acts.v1", "enforcement.ledger.v1", 0)),
        ("7", ("enforcement.acts.v1", "enforcement.ledger.v1", 7)),
    ],
)
def test_each_log_has_its_partition(log, expected):
    """Partition = number of the case log."""
    assert log_topics(log) == expected


def test_tracking_rows_are_named_by_incarnation_topic_and_partition():
    """The name is stored for ever."""
    name = tracking_name("0192fb00-0000-7000-8000-000000000000", "enforcement.acts.v1", 3)
    assert name == "kafka:0192fb00-0000-7000-8000-000000000000:enforcement.acts.v1:3"
