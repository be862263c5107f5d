"""The appender on real PostgreSQL."""

import pytest

from tests.support.append_stage import Stage, items, make, run
from tests.support.control import event_id


@pytest.fixture
def stage(database_url, tmp_path):
    stage = Stage(database_url, tmp_path)
    yield stage
    stage.close()


def closed(stream="case:1", name="a"):
    return make("CaseClosed", {"reason": "EXECUTED"}, stream, event_id=event_id(name))


def test_smoke(stage):
    stage.publish_everything()
    stage.topics[0].submit([closed()])
    with stage.running("0") as appender:
        found = items(run(appender, stage.topics[0]))
    assert [item.outcome for item in found] == ["committed"], found
