"""The Kafka topics of a ledger as an AsyncAPI 3.0 document, made from catalogue and schemas.

Described from the ledger's side, as AsyncAPI wants it: the ledger receives what emitters submit,
and sends what readers read. Each event type and version is one message; which kinds of systems
submit it, the operations say.
"""

import yaml

AVRO = "application/vnd.apache.avro;version=1.9.0"
KAFKA_BINDING = "0.5.0"
SCHEMAS = "../../schemas"
ENVELOPE = """\
The record's value is the Avro single-object encoding of the envelope (x-envelope): C3 01, the
fingerprint of Act.avsc, its body. The envelope's field payload holds the Avro body of the payload
schema named here, its fields eventType and schemaVersion the two parts of the message's name.
Key: the act's streamKey. The value is signed by the header lz-proof, and what is personal in it is
a commitment whose opening travels in lz-sealed."""
ENTRY = """\
A committed entry: format byte 01, then the Avro body of Entry.avsc; its last field is the act as
it came. In leaf order; key: the stream's id. Of the types in x-made-by-ledger nobody may submit
an act: the ledger makes these entries itself."""
LEDGER_HEADERS = {
    "lz-proof": "the submission's note and this act's path to its root (docs/spec/submission.md)",
    "lz-seal": "content key of the submission's openings, sealed to the vault (docs/spec/sealing.md)",
    "lz-sealed": "this act's openings under that key; absent where it has no commitment",
    "lz-sim-time": "decimal microseconds; only where a synthetic ledger's clock is simulated",
}
CLOUD_EVENT_HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "the event id as a UUID",
    "ce_source": "the emitter's id",
    "ce_type": "event type and version, such as PenaltyDecisionMade.v1",
    "ce_time": "when the act occurred, RFC 3339",
    "ce_subject": "the stream's key",
    "content-type": "application/avro",
}
# Channel, topic, what lies on it.
CHANNELS = (
    ("acts", "ACTS", "Acts for a case log, one partition a log."),
    ("control", "CONTROL", "Acts for the control log."),
    ("ledger", "LEDGER", "Committed entries of the case logs, one partition a log."),
    ("ledgerControl", "LEDGER_CONTROL", "Committed entries of the control log."),
    ("receipts", "RECEIPTS", "What became of submitted acts; key: the emitter's id."),
    ("rejected", "REJECTED", "What was refused, as a hash; never a byte of it."),
)


def asyncapi_page() -> str:
    """Return the document as YAML."""
    from schemas.catalogue import load_catalogue
    from schemas.loader import event_schema_files

    catalogue, files = load_catalogue(), event_schema_files()
    rows = {f"{name}.v{version}": catalogue.rows[name] for name, version in files}
    document = {
        "asyncapi": "3.0.0",
        "info": _info(catalogue.version),
        "defaultContentType": "application/avro",
        "channels": _channels(rows),
        "operations": _operations(rows),
        "components": _components(rows, files),
    }
    head = "# Made by `make docs` from schemas/catalogue.yaml, the .avsc files and consumers/topics.py.\n"
    return head + yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


class _Dumper(yaml.SafeDumper):
    """Writes each value where it stands, and texts of several lines as such."""

    def ignore_aliases(self, _data):
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def _info(version):
    return {
        "title": "Lianzheng ledger on Kafka",
        "version": version,
        "description": "Acts of administrative enforcement in, receipts and committed entries out. "
        "The version is the catalogue's. Formats byte by byte: docs/spec.",
        "license": {"name": "Apache-2.0"},
    }


def _channels(rows):
    from consumers import topics

    defined = {topic.name: topic for topic in topics.TOPICS}
    channels = {}
    for key, constant, text in CHANNELS:
        topic = defined[getattr(topics, constant)]
        names = _messages_of(key, rows)
        channels[key] = {
            "address": topic.name,
            "description": text,
            "messages": {name: _ref(f"components/messages/{name}") for name in names},
            "bindings": {"kafka": _channel_binding(topic)},
        }
    return channels


def _messages_of(channel, rows):
    """Return the names of the messages that may lie on a channel."""
    given = {"ledger": "Entry", "ledgerControl": "Entry", "receipts": "Outcomes"}
    if channel not in ("acts", "control"):
        return [given.get(channel, "Rejected")]
    place = "case" if channel == "acts" else "control"
    return [
        name
        for name, row in rows.items()
        if not row.made_by_ledger and row.log in (place, "target")
    ]


def _channel_binding(topic):
    partitions = {} if topic.partitions is None else {"partitions": topic.partitions}
    settings = {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms}
    return {
        "topic": topic.name,
        **partitions,
        "topicConfiguration": settings,
        "bindingVersion": KAFKA_BINDING,
    }


def _operations(rows):
    from schemas.catalogue_rules import EMITTERS

    operations = {}
    for kind in EMITTERS:
        for channel in ("acts", "control"):
            names = [name for name in _messages_of(channel, rows) if kind in rows[name].emitters]
            if names:
                operations[f"{channel}.from.{kind}"] = _submission(channel, kind, names)
    for channel, message, who in (
        ("receipts", "Outcomes", "emitters"),
        ("ledger", "Entry", "readers"),
        ("ledgerControl", "Entry", "readers"),
        ("rejected", "Rejected", "readers"),
    ):
        operations[f"{channel}.to.{who}"] = {
            "action": "send",
            "channel": _ref(f"channels/{channel}"),
            "messages": [_ref(f"channels/{channel}/messages/{message}")],
        }
    return operations


def _submission(channel, kind, names):
    return {
        "action": "receive",
        "channel": _ref(f"channels/{channel}"),
        "summary": f"What systems of the kind {kind} submit, as far as they are registered for it.",
        "messages": [_ref(f"channels/{channel}/messages/{name}") for name in names],
        "reply": {
            "channel": _ref("channels/receipts"),
            "messages": [_ref("channels/receipts/messages/Outcomes")],
        },
    }


def _components(rows, files):
    messages = {
        f"{name}.v{version}": _act_message(rows[f"{name}.v{version}"], version, file)
        for (name, version), file in files.items()
    }
    made = [name for name, row in rows.items() if row.made_by_ledger]
    return {
        "messages": messages | _other_messages(made),
        "messageTraits": {"Act": _act_trait()},
        "schemas": {
            "ActHeaders": _headers(LEDGER_HEADERS | CLOUD_EVENT_HEADERS, required=["lz-proof"]),
            "EntryHeaders": _headers(
                {"lz-origin": "name of the log", "lz-leaf-index": "decimal, from 0"},
                required=["lz-origin", "lz-leaf-index"],
            ),
            "Rejected": _rejected_schema(),
        },
    }


def _act_message(row, version, file):
    return {
        "name": f"{row.type}.v{version}",
        "title": row.cn,
        "headers": _ref("components/schemas/ActHeaders"),
        "payload": _avro(file),
        "traits": [_ref("components/messageTraits/Act")],
        "x-stream": row.stream,
        "x-aggregate": row.aggregate,
    }


def _act_trait():
    return {
        "contentType": "application/avro",
        "description": ENVELOPE,
        "bindings": _key("^[A-Za-z0-9:._-]{1,128}$"),
        "x-envelope": _avro("Act.avsc"),
    }


def _other_messages(made):
    return {
        "Entry": {
            "name": "Entry",
            "contentType": "application/avro",
            "description": ENTRY,
            "headers": _ref("components/schemas/EntryHeaders"),
            "payload": _avro("Entry.avsc"),
            "bindings": _key("^[A-Za-z0-9:._-]{1,128}$"),
            "x-made-by-ledger": [_ref(f"components/messages/{name}") for name in made],
        },
        "Outcomes": {
            "name": "Outcomes",
            "contentType": "application/avro",
            "description": "Single-object encoding of Outcomes.avsc: one record a submission and "
            "commit, at most 256 items, matched on source. May be lost or repeated.",
            "payload": _avro("Outcomes.avsc"),
            "bindings": _key("^[a-z0-9.-]{1,64}$"),
        },
        "Rejected": {
            "name": "Rejected",
            "contentType": "application/json",
            "payload": _ref("components/schemas/Rejected"),
            "bindings": _key("^[A-Za-z0-9._-]+:[0-9]+:[0-9]+$"),
        },
    }


def _headers(texts, *, required):
    fields = {name: {"type": "string", "description": text} for name, text in texts.items()}
    return {"type": "object", "required": required, "properties": fields}


def _rejected_schema():
    """Return the JSON Schema of a notice: where the record lay, and why it was refused."""
    words = {"incarnation": "string", "topic": "string"}
    numbers = {"partition": "integer", "offset": "integer", "timestamp": "integer"}
    source = {name: {"type": kind} for name, kind in (words | numbers).items()}
    fields = {
        "source": {"type": "object", "required": list(source), "properties": source},
        "raw_hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "code": {"type": "string", "pattern": "^R[0-9]{1,2}(_[A-Z0-9_]{1,60})?$"},
        "pointer": {"type": ["string", "null"]},
    }
    return {"type": "object", "required": list(fields), "properties": fields}


def _avro(file):
    return {"schemaFormat": AVRO, "schema": {"$ref": f"{SCHEMAS}/{file}"}}


def _key(pattern):
    schema = {"type": "string", "pattern": pattern}
    return {"kafka": {"key": schema, "bindingVersion": KAFKA_BINDING}}


def _ref(pointer):
    return {"$ref": f"#/{pointer}"}
