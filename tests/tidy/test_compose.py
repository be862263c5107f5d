"""The compose file can be followed: what its instructions and services name is there."""

import re
import shlex
import typing
from pathlib import Path

import pytest
import typer
import yaml

from portal.cli.settings import URL_FILE, RoleSettings
from portal.settings import PortalSettings
from tests.support.commands import the_program

INFRA = Path(__file__).resolve().parents[2] / "infra"
TEXT = (INFRA / "compose.yaml").read_text()
FILE = yaml.safe_load(TEXT)
SERVICES = FILE["services"]
HEAD = TEXT[: TEXT.index("\nname:")]
EXAMPLES = {"NAME": "ledger.example", "USCC": "11430000FCT000137M", "ID": "agency.example"}
WITH_VALUE = ("-e", "--env")
OURS = {name: row for name, row in SERVICES.items() if "build" in row}


class Instruction(typing.NamedTuple):
    """A command for a service, as the head of the file has it."""

    action: str
    settings: list[str]
    service: str
    words: list[str]


def instructions() -> list[Instruction]:
    """Return the commands of the head that name a service."""
    found = []
    for line in re.findall(r"^#\s+(?:\d\. )?docker compose (.*)$", HEAD, re.MULTILINE):
        action, *words = shlex.split(line)
        settings = []
        while words and words[0].startswith("-"):
            option = words.pop(0)
            if option in WITH_VALUE:
                settings.append(words.pop(0))
            elif option.startswith("--entrypoint="):
                settings.append(option)
        if words:
            found.append(Instruction(action, settings, words[0], words[1:]))
    return found


def parse(words: list[str]) -> dict[str, typing.Any]:
    """Return what the program makes of a command line, which is not carried out."""
    command, rest = typer.main.get_command(the_program()), words
    while True:
        with command.make_context("lianzheng", list(rest)) as context:
            if not hasattr(command, "commands"):
                return context.params
            left = [*context._protected_args, *context.args]
            _, command, rest = command.resolve_command(context, left)


def case_logs() -> int:
    """Return the number of case logs that the ledger is created with."""
    (made,) = [one for one in instructions() if one.words[:2] == ["ledger", "create"]]
    return int(made.words[made.words.index("--logs") + 1])


def test_instructions_name_services_that_are_there():
    """Each of them, and both kinds: the owner's commands and the database's."""
    named = {one.service for one in instructions()}
    assert named == {"operator", "postgres"}
    assert named <= set(SERVICES)


@pytest.mark.parametrize("one", instructions(), ids=lambda one: " ".join(one.words[:2]))
def test_the_owners_commands_of_the_head_parse(one):
    """They are commands of this version, and have a connection string that the service is given."""
    folder = OURS["operator"]["environment"]["LEDGER_DATA"]
    if one.settings == ["--entrypoint=chmod"]:
        assert one.words == ["0711", f"{folder}/keys"]
    elif one.service == "operator":
        parse([EXAMPLES.get(word, word) for word in one.words])
        for setting in one.settings:
            name, _, file = setting.partition("=")
            assert name == URL_FILE
            assert file.removeprefix("/run/secrets/") in SERVICES["operator"]["secrets"]
    for file in re.findall(r"< (\S+)", " ".join(one.words)):
        assert (INFRA / file).is_file()


@pytest.mark.parametrize("name", [name for name in OURS if name != "operator"])
def test_every_service_starts_a_program_that_there_is(name):
    """With its log, where it has one."""
    words = OURS[name]["command"]
    assert parse(words) == ({"log": name.removeprefix("append-")} if "append" in name else {})


def test_every_case_log_has_its_appender():
    """A log without one would have a partition that nobody reads."""
    appenders = {name for name in SERVICES if name.startswith("append-")}
    assert appenders == {"append-control", *(f"append-{log}" for log in range(case_logs()))}


def test_services_name_only_what_the_file_defines():
    """Services, secrets and volumes; and each secret has a file that the head tells to write."""
    for name, row in SERVICES.items():
        assert set(row.get("depends_on", ())) <= set(SERVICES), name
        assert set(row.get("secrets", ())) <= set(FILE["secrets"]), name
        volumes = [volume.partition(":")[0] for volume in row.get("volumes", ())]
        assert {v for v in volumes if not v.startswith(".")} <= set(FILE["volumes"]), name
        for setting, value in row.get("environment", {}).items():
            if setting.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in row["secrets"], name
    for secret in FILE["secrets"].values():
        assert Path(secret["file"]).name in HEAD


@pytest.mark.parametrize("name", OURS)
def test_services_are_given_settings_that_there_are(name):
    """An unknown one ends a program with exit 2."""
    fields = {*RoleSettings.model_fields, *PortalSettings.model_fields}
    known = {URL_FILE, *(f"LEDGER_{field}".upper() for field in fields)}
    assert set(OURS[name]["environment"]) <= known
    assert {"LEDGER_DATA", "LEDGER_KAFKA", URL_FILE} <= set(OURS[name]["environment"])


def test_the_owners_service_is_not_started_with_the_others():
    """It would end at once, and be started again for ever."""
    assert SERVICES["operator"]["profiles"] == ["operator"]
    assert SERVICES["operator"]["restart"] == "no"


def test_the_programs_user_owns_the_data_folder():
    """A new volume takes over who owns the folder of the image; else it is root's."""
    folder = OURS["portal"]["environment"]["LEDGER_DATA"]
    image = (INFRA / "Dockerfile").read_text()
    assert f"install -d -o lianzheng -m 0711 {folder}" in image
    assert OURS["operator"]["volumes"] == [f"ledger:{folder}"]
    assert re.search(r"useradd .*--uid (\d+)", image)[1] in HEAD


@pytest.mark.parametrize("name", OURS)
def test_who_has_no_private_key_of_his_own_can_read_none(name):
    """Relay and projections run as another user than the one whose keys are private, and write nothing."""
    image = (INFRA / "Dockerfile").read_text()
    owner, reader = re.findall(r"useradd .*--uid (\d+)", image)
    folder = OURS[name]["environment"]["LEDGER_DATA"]
    if name in ("relay", "project"):
        assert OURS[name]["user"] == f"{reader}:{reader}"
        assert OURS[name]["volumes"] == [f"ledger:{folder}:ro"]
        assert reader in HEAD
    else:
        assert "user" not in OURS[name]
    assert owner != reader


@pytest.mark.parametrize("name", OURS)
def test_a_role_is_not_started_again_after_a_finding(name):
    """A restart policy knows no exit status, so the script of the image holds; a command ends."""
    image = (INFRA / "Dockerfile").read_text()
    assert "infra/role.sh /usr/local/bin/lianzheng-role" in image
    assert OURS[name]["entrypoint"] == ["lianzheng" if name == "operator" else "lianzheng-role"]


def test_kafka_keeps_its_records_in_its_volume():
    """The image's own default lies outside of any volume."""
    kafka = SERVICES["kafka"]
    assert kafka["volumes"] == [f"kafka:{kafka['environment']['KAFKA_LOG_DIRS']}"]
