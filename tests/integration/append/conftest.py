"""A ledger with everything published, copied for each test that asks for one."""

import shutil
from contextlib import contextmanager

import pytest

from tests.support.append_stage import Stage
from tests.support.control import START

MINUTE = 60_000_000


@pytest.fixture(scope="session")
def published_stage(postgres_server, tmp_path_factory):
    """Name of a database and folder in which a ledger has published what it needs."""
    name = postgres_server.create()
    folder = tmp_path_factory.mktemp("published")
    stage = Stage(postgres_server.url(name), folder)
    stage.found()
    stage.publish_everything()
    stage.close()
    return name, folder, stage.control_topic.records


@pytest.fixture(scope="session")
def new_stage(postgres_server, published_stage, tmp_path_factory):
    """A function that lends a fresh copy of that ledger."""
    template, published, records = published_stage

    @contextmanager
    def lend():
        folder = tmp_path_factory.mktemp("stage")
        shutil.copytree(published, folder, dirs_exist_ok=True)
        name = postgres_server.create(template)
        stage = Stage(postgres_server.url(name), folder)
        stage.control_topic.records = list(records)
        try:
            yield stage
        finally:
            stage.close()
            postgres_server.drop(name)

    return lend


@pytest.fixture
def stage(new_stage):
    """A ledger of one case log, ready for acts of an agency and a supervisor."""
    with new_stage() as stage:
        yield stage


@pytest.fixture
def simulated(database_url, tmp_path):
    """A synthetic ledger whose clock is simulated from ``START`` on."""
    stage = Stage(database_url, tmp_path)
    stage.found("simulated")
    stage.publish_everything(sim_time=START + MINUTE)
    yield stage
    stage.close()


@pytest.fixture
def empty_stage(database_url, tmp_path):
    """A database without a ledger: the test founds one."""
    stage = Stage(database_url, tmp_path)
    yield stage
    stage.close()
