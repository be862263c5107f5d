"""docs/reference/asyncapi.yaml keeps the rules of AsyncAPI 3.0 and says what the catalogue says."""

import json
import re
from pathlib import Path

import pytest
import yaml

from consumers.topics import TOPICS, log_topics
from schemas.catalogue import load_catalogue
from schemas.loader import event_schema_files, event_schemas

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "asyncapi.yaml"
AVRO = "application/vnd.apache.avro;version=1.9.0"
KEY = re.compile(r"[A-Za-z0-9.\-_]+")
# Members of each kind of object: required, allowed besides (AsyncAPI 3.0.0, "Schema").
OBJECTS = {
    "root": ("asyncapi info", "id servers defaultContentType channels operations components"),
    "info": ("title version", "description termsOfService contact license tags externalDocs"),
    "channel": (
        "address messages",
        "title summary description servers parameters tags externalDocs bindings",
    ),
    "operation": (
        "action channel",
        "title summary description security tags externalDocs bindings traits messages reply",
    ),
    "reply": ("channel", "address messages"),
    "message": (
        "name payload bindings|traits",
        "headers correlationId contentType title summary description tags externalDocs examples",
    ),
    "trait": (
        "",
        "headers correlationId contentType name title summary description tags examples bindings",
    ),
    "format": ("schemaFormat schema", ""),
    "components": ("", "messages messageTraits schemas"),
}


class OnceLoader(yaml.SafeLoader):
    """Refuses a mapping with a key twice, of which YAML takes the last."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        assert len(set(keys)) == len(keys), [key for key in keys if keys.count(key) > 1]
        return super().construct_mapping(node, deep=deep)


@pytest.fixture(scope="module")
def document():
    return yaml.load(PAGE.read_text(), OnceLoader)


def fault(kind, given):
    """Return what is wrong with the members of an object, None if nothing."""
    required, optional = (words.split() for words in OBJECTS[kind])
    allowed = {name for words in required for name in words.split("|")} | set(optional)
    lacking = [words for words in required if not set(words.split("|")) & set(given)]
    unknown = [name for name in given if name not in allowed and not name.startswith("x-")]
    return f"lacks {lacking}, unknown {unknown}" if lacking or unknown else None


def resolve(document, pointer):
    """Return what an internal reference points at; KeyError if at nothing."""
    node = document
    for part in pointer.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def refs(node):
    """Yield the target of each reference; an object with one has nothing else."""
    if isinstance(node, dict) and "$ref" in node:
        assert list(node) == ["$ref"], node
        yield node["$ref"]
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from refs(child)


def message_names(channel_or_operation):
    """Return the names of the messages an object refers to."""
    listed = channel_or_operation["messages"]
    items = listed.values() if isinstance(listed, dict) else listed
    return [item["$ref"].rpartition("/")[2] for item in items]


def test_every_object_has_its_members_and_no_others(document):
    """Required members are there, none is unknown, names are of the allowed characters."""
    components = document["components"]
    formats = [m["payload"] for m in components["messages"].values() if "$ref" not in m["payload"]]
    objects = [
        ("root", document),
        ("info", document["info"]),
        ("components", components),
        *(("channel", it) for it in document["channels"].values()),
        *(("operation", it) for it in document["operations"].values()),
        *(("reply", it["reply"]) for it in document["operations"].values() if "reply" in it),
        *(("message", it) for it in components["messages"].values()),
        *(("trait", it) for it in components["messageTraits"].values()),
        *(("format", it) for it in formats),
    ]
    assert [(kind, found) for kind, it in objects if (found := fault(kind, it))] == []
    assert document["asyncapi"] == "3.0.0"
    named = [document["channels"], document["operations"], *components.values()]
    assert all(KEY.fullmatch(name) for names in named for name in names)
    assert {it["action"] for it in document["operations"].values()} == {"send", "receive"}
    assert {it["schemaFormat"] for it in formats} == {AVRO}


def test_every_reference_leads_to_what_it_says(document):
    """Inside the document, or to an Avro schema in its folder."""
    targets = set(refs(document))
    inside = {target for target in targets if target.startswith("#/")}
    for target in inside:
        assert isinstance(resolve(document, target), dict), target
    files = {(PAGE.parent / target).resolve() for target in targets - inside}
    assert {json.loads(path.read_text())["type"] for path in files} == {"record"}
    assert {path.name for path in files} == {
        *event_schema_files().values(),
        *("Act.avsc", "Entry.avsc", "Outcomes.avsc"),
    }


def test_operations_speak_of_messages_of_their_channel(document):
    """A message of an operation or of its reply is a reference into the channel's own list."""
    for name, operation in document["operations"].items():
        for part in (operation, operation.get("reply")):
            if part is None:
                continue
            start = part["channel"]["$ref"] + "/messages/"
            assert part["messages"], name
            assert all(item["$ref"].startswith(start) for item in part["messages"]), name


def test_every_event_type_is_one_message_on_the_topic_of_its_row(document):
    """What the ledger makes itself is on none that emitters write to."""
    rows, channels = load_catalogue().rows, document["channels"]
    messages = document["components"]["messages"]
    files = event_schema_files()
    expected = [f"{name}.v{version}" for name, version in files]
    assert expected == list(messages)[:-3]
    assert [*messages][-3:] == ["Entry", "Outcomes", "Rejected"]
    for (name, version), file in files.items():
        message = messages[f"{name}.v{version}"]
        assert message["payload"]["schema"]["$ref"] == f"../../schemas/{file}"
        assert message["title"] == rows[name].cn
        where = {key for key, it in channels.items() if f"{name}.v{version}" in message_names(it)}
        logs = {"case": {"acts"}, "control": {"control"}, "target": {"acts", "control"}}
        assert where == (set() if rows[name].made_by_ledger else logs[rows[name].log]), name
    made = [it["$ref"].rpartition("/")[2] for it in messages["Entry"]["x-made-by-ledger"]]
    assert {f"{row.type}.v1" for row in rows.values() if row.made_by_ledger} == set(made)


def test_the_operations_of_a_kind_are_the_types_it_sends(document):
    """Each kind of system of the catalogue has its own, on the topics of its types."""
    rows = load_catalogue().rows.values()
    found = {}
    for name, operation in document["operations"].items():
        if operation["action"] == "receive":
            kind = name.rpartition(".")[2]
            found.setdefault(kind, set()).update(message_names(operation))
    expected = {}
    for row in rows:
        names = {f"{name}.v{version}" for name, version in event_schemas() if name == row.type}
        for kind in () if row.made_by_ledger else row.emitters:
            expected.setdefault(kind, set()).update(names)
    assert found == expected


def test_channels_are_the_topics_of_the_programs(document):
    """Names, partitions and retention; acts and entries of a log are a pair."""
    channels = document["channels"]
    bindings = [channel["bindings"]["kafka"] for channel in channels.values()]
    found = {
        it["topic"]: (it.get("partitions"), it["topicConfiguration"]["retention.ms"])
        for it in bindings
    }
    assert found == {it.name: (it.partitions, it.retention_ms) for it in TOPICS}
    assert [it["address"] for it in channels.values()] == [it["topic"] for it in bindings]
    for log, incoming, outgoing in (
        ("0", "acts", "ledger"),
        ("control", "control", "ledgerControl"),
    ):
        pair = (channels[incoming]["address"], channels[outgoing]["address"])
        assert pair == (log_topics(log).incoming, log_topics(log).outgoing)


def test_headers_are_those_that_emitters_write(document):
    """The ledger's four and the CloudEvents attributes."""
    from consumers.emitter.submission import SubmissionItem
    from consumers.emitter.transport import cloud_event_headers, ledger_headers
    from tests.support.control import make_act

    item = SubmissionItem("case:1", b"", b"", b"", b"", 1)
    written = [*ledger_headers(item), *cloud_event_headers(make_act("CaseFiled"))]
    named = document["components"]["schemas"]["ActHeaders"]["properties"]
    assert list(named) == [name for name, _ in written]
