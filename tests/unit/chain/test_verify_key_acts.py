"""Who may register keys and publish schemas: the platform, and nobody who only holds a log's key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from ledger.chain.act import encode_act
from ledger.chain.entry import decode_entry
from ledger.chain.findings import LogReport
from ledger.chain.note_keys import Signer
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.sources import LogSource, MissingObjectError
from ledger.chain.tiles import bundle_path, encode_bundle
from ledger.chain.verify import control_keys, verify_log
from tests.support.logs import (
    AGENCY,
    EMITTER,
    LEDGER,
    OPERATOR,
    START,
    LogBuilder,
    avsc,
    case_acts,
    make_act,
    payload_schema,
    signer,
)
from tests.support.sources import MemorySource
from tests.unit.chain.test_verify_control import OFFICER, ControlBuilder

FORGED = Signer(EMITTER, bytes([7]) * 32)
PLATFORM = f"platform.{LEDGER}"


def judged(control: LogBuilder, source: LogSource | None = None) -> tuple[LogReport, list[bytes]]:
    """Return the report on a control log, and the key ids that it proves for the emitter."""
    report, keys = control_keys(source or MemorySource.of(control), [control.signer.key])
    proved = [] if keys is None else [key_id for name, key_id in keys.keys if name == EMITTER]
    assert (keys is None) == (report.exit_code != 0)
    return report, proved


def registration(key: Signer, kind: str = "AGENCY", types: tuple[str, ...] = ()) -> bytes:
    payload = {
        "emitterId": key.name,
        "vkey": key.vkey,
        "kind": kind,
        "agencyIds": [OPERATOR],
        "eventTypes": list(types),
        "validFrom": START,
    }
    return payload_schema("EmitterRegistered").codec.encode(payload)


def sent_by(sender: Signer, control: LogBuilder, payload: bytes, **fields: object) -> int:
    """Append a registration that a sender signs."""
    act = make_act(
        "EmitterRegistered",
        f"emitter:{EMITTER}",
        payload,
        900,
        payload_schema=payload_schema("EmitterRegistered").schema_fingerprint,
        agency_id=OPERATOR,
        emitter_id=sender.name,
        actors=(),
        **fields,
    )
    return control.submit([act], [sender])[0]


def test_a_log_cannot_register_a_key_itself() -> None:
    control = ControlBuilder()
    act = make_act(
        "EmitterRegistered",
        f"emitter:{EMITTER}",
        registration(FORGED),
        900,
        payload_schema=payload_schema("EmitterRegistered").schema_fingerprint,
        aggregate_type="Ledger",
        agency_id=OPERATOR,
        emitter_id=control.origin,
        emitter_seq=None,
        actors=(),
    )
    index = control.append(act.stream_key, encode_act(act))
    report, proved = judged(control)
    assert (report.exit_code, proved) == (10, [])
    assert {(row.kind, row.leaf_index) for row in report.findings} == {("origin", index)}


def test_an_emitter_cannot_register_a_key_for_another() -> None:
    control = ControlBuilder()
    stranger = signer("agy.other.example")
    control.emitter(signer(EMITTER))
    control.emitter(stranger)
    index = sent_by(stranger, control, registration(FORGED))
    report, proved = judged(control)
    assert (report.exit_code, proved) == (12, [])
    assert [(row.kind, row.leaf_index, row.stream) for row in report.findings] == [
        ("signature", index, f"emitter:{EMITTER}")
    ]


@pytest.mark.parametrize(
    ("types", "fields", "code"),
    [
        (("EmitterRegistered",), {}, 0),
        (("EmitterKeyRevoked",), {}, 12),
        (("EmitterRegistered",), {"agency_id": AGENCY}, 12),
        (("EmitterRegistered",), {"delegate_id": AGENCY}, 12),
    ],
)
def test_a_second_system_of_the_platform_registers_keys_if_it_may(
    types: tuple[str, ...], fields: dict[str, object], code: int
) -> None:
    """As the appender takes it: kind PLATFORM, registered for the type and for the agency."""
    control = ControlBuilder()
    second = signer("second.ledger.example")
    sent_by(signer(PLATFORM), control, registration(second, "PLATFORM", types))
    act = make_act(
        "EmitterRegistered",
        f"emitter:{EMITTER}",
        registration(FORGED),
        901,
        **{
            "payload_schema": payload_schema("EmitterRegistered").schema_fingerprint,
            "agency_id": OPERATOR,
            "emitter_id": second.name,
            "actors": (),
            **fields,
        },
    )
    control.submit([act], [second])
    report, proved = judged(control)
    assert (report.exit_code, proved) == (code, [] if code else [FORGED.key.key_id])


def test_an_act_that_nobody_signed_registers_no_key() -> None:
    control = ControlBuilder()
    index = sent_by(Signer(PLATFORM, bytes(32)), control, registration(FORGED))
    report, proved = judged(control)
    assert (report.exit_code, proved) == (12, [])
    assert index in {row.leaf_index for row in report.findings}


def published(control: ControlBuilder, **changes: object) -> int:
    """Publish another text of the schema that registrations are written by."""
    text = str(changes.get("text", avsc("EmitterRegistered.v1.avsc") + " "))
    payload = {
        "subject": "EmitterRegistered",
        "version": 2,
        "text": text,
        "textHash": text_hash(text),
        "fingerprint": fingerprint(text),
        **changes,
    }
    return control.publish("SchemaPublished", "schema:EmitterRegistered", payload)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "another text under a known fingerprint"),
        ({"version": 1, "text": avsc("EmitterKeyRotated.v1.avsc")}, "another text for a known"),
        ({"fingerprint": bytes(8)}, "fingerprint that is not the text's"),
        ({"textHash": "sha256:" + "0" * 64}, "hash that is not the text's"),
    ],
)
def test_one_fingerprint_has_one_text_and_each_text_its_own(
    changes: dict[str, object], text: str
) -> None:
    control = ControlBuilder()
    index = published(control, **changes)
    report, proved = judged(control)
    assert (report.exit_code, proved) == (10, [])
    assert [(row.kind, row.leaf_index, row.stream) for row in report.findings] == [
        ("act", index, "schema:EmitterRegistered")
    ]
    assert text in report.findings[0].text


def test_a_schema_of_another_type_reads_no_registration() -> None:
    control = ControlBuilder()
    schema = payload_schema("OfficerKeyRegistered")
    payload = {"officerId": OFFICER, "vkey": FORGED.vkey, "validFrom": START}
    act = make_act(
        "EmitterRegistered",
        f"emitter:{EMITTER}",
        schema.codec.encode(payload),
        900,
        payload_schema=schema.schema_fingerprint,
        agency_id=OPERATOR,
        emitter_id=PLATFORM,
        actors=(),
    )
    control.submit([act])
    report, _ = judged(control)
    assert (report.exit_code, report.findings[0].kind) == (10, "act")


def test_a_name_is_an_emitters_or_a_persons_or_the_platforms() -> None:
    """The appender refuses such acts; where one is there, it adds no key."""
    control = ControlBuilder()
    second = Signer(PLATFORM, bytes([5]) * 32)
    control.emitter(second)
    control.emitter(signer(EMITTER))
    payload = {"officerId": EMITTER, "vkey": FORGED.vkey, "validFrom": START}
    control.publish("OfficerKeyRegistered", f"officer:{EMITTER}", payload)
    keys = control.keys().keys
    assert (PLATFORM, second.key.key_id) not in keys
    assert (EMITTER, FORGED.key.key_id) not in keys
    assert (EMITTER, signer(EMITTER).key.key_id) in keys


class LyingSource(MemorySource):
    """Gives one other answer at one of the readings of a path."""

    def __init__(self, control: LogBuilder, path: str, lie: bytes, reading: int) -> None:
        super().__init__(MemorySource.of(control).objects, lists=False)
        self.place = (path, reading)
        self.lie = lie
        self.readings: Counter[str] = Counter()

    def tile(self, path: str) -> bytes:
        self.readings[path] += 1
        return self.lie if (path, self.readings[path]) == self.place else super().tile(path)


@pytest.mark.parametrize("part", ["registration", "birth", "checkpoint"])
def test_a_source_that_answers_twice_differently_plants_no_key(part: str) -> None:
    control = ControlBuilder()
    control.emitter(signer(EMITTER))
    true = list(control.entries)
    good, bad = signer(EMITTER).vkey.encode(), FORGED.vkey.encode()
    platform, other = signer(PLATFORM).vkey.encode(), Signer(PLATFORM, bytes(32)).vkey.encode()
    lies: dict[str, Callable[[], bytes]] = {
        "registration": lambda: encode_bundle([*true[:-1], true[-1].replace(good, bad)]),
        "birth": lambda: encode_bundle([true[0].replace(platform, other), *true[1:]]),
        # An earlier checkpoint has every signature that is looked for.
        "checkpoint": lambda: control.checkpoint(len(true) - 1),
    }
    assert decode_entry(true[-1].replace(good, bad)) != decode_entry(true[-1])
    path = "checkpoint" if part == "checkpoint" else bundle_path(0, len(true))
    for reading in range(1, 8):
        lying = LyingSource(control, path, lies[part](), reading)
        report, keys = control_keys(lying, [control.signer.key])
        if keys is None:
            assert report.exit_code >= 10
        else:
            size = keys.control_size
            assert (EMITTER, FORGED.key.key_id) not in keys.keys
            assert size == report.size
            assert ((EMITTER, signer(EMITTER).key.key_id) in keys.keys) == (size == len(true))
            assert (PLATFORM, signer(PLATFORM).key.key_id) in keys.keys


class WithholdingSource(MemorySource):
    """Has no bundle 0 when it is asked the first time, or from the second time on."""

    def __init__(self, log: LogBuilder, readings: range) -> None:
        super().__init__(MemorySource.of(log).objects, lists=False)
        self.path = bundle_path(0, len(log.entries))
        self.withheld = readings
        self.readings = 0

    def tile(self, path: str) -> bytes:
        self.readings += path == self.path
        if path == self.path and self.readings in self.withheld:
            raise MissingObjectError(path)
        return super().tile(path)


@pytest.mark.parametrize(("readings", "code"), [(range(1, 2), 10), (range(2, 100), 11)])
def test_an_entry_0_that_is_withheld_once_is_no_way_around_it(readings: range, code: int) -> None:
    """Without it nobody would say whose key signed the log; a bundle that is gone is missing."""
    log = LogBuilder()
    log.submit(case_acts(20, 3, 10))
    report = verify_log(WithholdingSource(log, readings), [log.signer.key])
    assert report.exit_code == code
