"""A ledger with everything published, copied for each test that asks for one."""

import shutil

import pytest

from tests.support.append_stage import Stage


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


@pytest.fixture
def stage(postgres_server, published_stage, tmp_path):
    """A ledger of one case log, ready for acts of an agency and a supervisor."""
    template, folder, records = published_stage
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    name = postgres_server.create(template)
    stage = Stage(postgres_server.url(name), tmp_path)
    stage.control_topic.records = list(records)
    yield stage
    stage.close()
    postgres_server.drop(name)


@pytest.fixture
def empty_stage(database_url, tmp_path):
    """A database without a ledger: the test founds one."""
    stage = Stage(database_url, tmp_path)
    yield stage
    stage.close()
