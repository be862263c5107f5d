"""Who sent an act, proven from the control log; and what entry 0 must say."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ledger.chain.emitter_keys import EmitterKeys
from ledger.chain.entry import decode_entry
from ledger.chain.findings import Findings, LogReport
from ledger.chain.note_keys import Signer
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.verify import control_keys, verify_log
from ledger.chain.verify_control import BIRTH_SCHEMA, check_birth
from tests.support.logs import EMITTER, START, LogBuilder, avsc, case_acts, make_act, signer
from tests.support.sources import MemorySource

KEY_TYPES = (
    "EmitterRegistered",
    "EmitterKeyRotated",
    "EmitterKeyRevoked",
    "OfficerKeyRegistered",
)
OFFICER = "officer:430100-0017"
DAY = 86_400_000_000


class ControlBuilder(LogBuilder):
    """A control log that publishes the schemas of keys at once."""

    def __init__(self) -> None:
        super().__init__("control")
        for name in KEY_TYPES:
            self.schema(name)

    def schema(self, name: str) -> None:
        """Publish a schema."""
        text = avsc(f"{name}.v1.avsc")
        payload = {
            "subject": name,
            "version": 1,
            "text": text,
            "textHash": text_hash(text),
            "fingerprint": fingerprint(text),
        }
        self.publish("SchemaPublished", f"schema:{name}", payload)

    def emitter(self, key: Signer, valid_from: int = START) -> int:
        """Register an emitter's key."""
        payload = {
            "emitterId": key.name,
            "vkey": key.vkey,
            "kind": "AGENCY",
            "agencyIds": [],
            "eventTypes": ["CaseClosed"],
            "validFrom": valid_from,
        }
        return self.publish("EmitterRegistered", f"emitter:{key.name}", payload)

    def keys(self) -> EmitterKeys:
        """Return the keys as a stranger proves them."""
        report, keys = control_keys(MemorySource.of(self), [self.signer.key])
        assert report.findings == ()
        assert keys is not None
        return keys


def judged(control: ControlBuilder, fill: Callable[[LogBuilder], None]) -> LogReport:
    """Verify a case log against the keys of a control log."""
    log = LogBuilder()
    log.control_size = len(control.entries)
    fill(log)
    return verify_log(MemorySource.of(log), [log.signer.key], emitter_keys=control.keys())


def submit(*signers: Signer, at: int = START + DAY) -> Callable[[LogBuilder], None]:
    def fill(log: LogBuilder) -> None:
        log.received_at = at - 1_000  # A submission is received a millisecond later.
        log.submit(case_acts(40, streams=5, payload_bytes=10), signers)

    return fill


def test_acts_of_registered_emitters_and_persons_are_proved() -> None:
    control = ControlBuilder()
    control.emitter(signer(EMITTER))
    person = signer(OFFICER)
    payload = {"officerId": OFFICER, "vkey": person.vkey, "validFrom": START}
    control.publish("OfficerKeyRegistered", f"officer:{OFFICER}", payload)
    report = judged(control, submit(signer(EMITTER), person))
    assert (report.findings, report.signatures_checked) == ((), True)


def faults(report: LogReport) -> set[tuple[str, str]]:
    assert report.exit_code == 12
    assert report.finding_count == 40
    assert {row.leaf_index for row in report.findings} == set(range(1, 41))
    return {(row.kind, row.text.rpartition(": ")[2]) for row in report.findings}


def test_unregistered_emitters_and_persons_are_found() -> None:
    control = ControlBuilder()
    unknown = {("signature", "submission signed under an unknown key")}
    assert faults(judged(control, submit(signer(EMITTER)))) == unknown
    control.emitter(signer(EMITTER))
    assert faults(judged(control, submit(signer(EMITTER), signer(OFFICER)))) == unknown
    impostor = Signer(EMITTER, bytes(32))
    assert faults(judged(control, submit(impostor))) == unknown


def test_bad_signatures_are_found_though_the_log_is_sound() -> None:
    control = ControlBuilder()
    control.emitter(signer(EMITTER))

    def fill(log: LogBuilder) -> None:
        submit(signer(EMITTER))(log)
        good = log.entries[1:]
        log.entries[1:] = []
        log.streams = {"ledger": log.streams["ledger"]}
        for entry in map(decode_entry, good):
            line = entry.submission.rindex(b" ") + 20
            letter = b"A" if entry.submission[line : line + 1] != b"A" else b"B"
            forged = entry.submission[:line] + letter + entry.submission[line + 1 :]
            log.append(entry.stream_id, entry.act, forged, received_at=entry.received_at)

    expected = {("signature", "signature of a submission does not verify")}
    assert faults(judged(control, fill)) == expected


def test_a_key_counts_only_as_the_entry_knew_the_control_log() -> None:
    control = ControlBuilder()
    index = control.emitter(signer(EMITTER))

    def fill(log: LogBuilder) -> None:
        log.control_size = index  # One entry before the registration.
        submit(signer(EMITTER))(log)

    text = "key not registered in the control log as the entry knew it"
    assert faults(judged(control, fill)) == {("signature", text)}


def test_a_key_counts_only_from_its_time_on() -> None:
    control = ControlBuilder()
    control.emitter(signer(EMITTER), START + DAY)
    assert judged(control, submit(signer(EMITTER), at=START + DAY)).exit_code == 0
    early = judged(control, submit(signer(EMITTER), at=START + DAY - 1))
    assert faults(early) == {("signature", "key not valid yet")}


def test_a_revoked_key_counts_until_its_end() -> None:
    control = ControlBuilder()
    control.emitter(signer(EMITTER))
    payload = {
        "emitterId": EMITTER,
        "vkey": signer(EMITTER).vkey,
        "revokedAt": START + DAY,
        "reason": "COMPROMISED",
    }
    index = control.publish("EmitterKeyRevoked", f"emitter:{EMITTER}", payload)
    assert judged(control, submit(signer(EMITTER), at=START + DAY - 1)).exit_code == 0
    late = judged(control, submit(signer(EMITTER), at=START + DAY))
    assert faults(late) == {("signature", "key revoked or rotated away")}

    def unaware(log: LogBuilder) -> None:
        log.control_size = index  # Judged before the revocation was known.
        submit(signer(EMITTER), at=START + DAY)(log)

    assert judged(control, unaware).exit_code == 0


def test_a_rotated_key_gives_way_to_the_new_one() -> None:
    old, new = signer(EMITTER), Signer(EMITTER, bytes([9]) * 32)
    control = ControlBuilder()
    control.emitter(old)
    payload = {
        "emitterId": EMITTER,
        "oldVkey": old.vkey,
        "vkey": new.vkey,
        "validFrom": START + DAY,
    }
    control.publish("EmitterKeyRotated", f"emitter:{EMITTER}", payload)
    for key, at, code in (
        (old, START + DAY - 1, 0),
        (old, START + DAY, 12),
        (new, START + DAY - 1, 12),
        (new, START + DAY, 0),
    ):
        assert judged(control, submit(key, at=at)).exit_code == code


def test_a_key_in_another_name_is_no_key_of_the_emitter() -> None:
    control = ControlBuilder()
    stranger = signer("agy.other.example")
    payload = {
        "emitterId": EMITTER,
        "vkey": stranger.vkey,
        "kind": "AGENCY",
        "agencyIds": [],
        "eventTypes": [],
        "validFrom": START,
    }
    control.publish("EmitterRegistered", f"emitter:{EMITTER}", payload)
    assert (stranger.name, stranger.key.key_id) not in control.keys().keys


def test_control_log_that_is_not_proved_gives_no_keys() -> None:
    control = ControlBuilder()
    source = MemorySource.of(control)
    path = next(path for path in source.objects if path.startswith("tile/entries/"))
    report, keys = control_keys(source.flip(path, 40), [control.signer.key])
    assert (report.exit_code, keys) == (10, None)
    report, keys = control_keys(source, [signer("stranger").key])
    assert (report.exit_code, keys) == (12, None)


def test_control_log_that_nobody_can_read_gives_no_keys() -> None:
    """The platform signed a registration by a schema that was never published."""
    control = LogBuilder("control")
    act = make_act("EmitterRegistered", "emitter:x", b"", 900, emitter_id="platform.ledger.example")
    control.submit([act])
    report, keys = control_keys(MemorySource.of(control), [control.signer.key])
    assert (report.exit_code, keys) == (10, None)
    assert "never published" in report.findings[0].text


def test_control_log_with_a_forged_registration_is_not_trusted() -> None:
    """Somebody with the log's key, but not the platform's, cannot add an emitter unseen."""
    control = ControlBuilder()
    act = make_act("EmitterRegistered", "emitter:x", b"", 900, emitter_id="platform.ledger.example")
    control.submit([act._replace(event_type="Other")], [Signer(act.emitter_id, bytes(32))])
    report, keys = control_keys(MemorySource.of(control), [control.signer.key])
    assert (report.exit_code, keys) == (12, None)
    assert [row.leaf_index for row in report.findings] == [len(control.entries) - 1]


def test_birth_schema_in_the_code_is_the_one_in_the_file() -> None:
    text = avsc("LedgerCreated.v1.avsc")
    assert fingerprint(json.dumps(BIRTH_SCHEMA)) == fingerprint(text)


@pytest.mark.parametrize(
    ("origin", "text"),
    [("other.example/log/0", "ledger"), ("ledger.example/log/1", "origin")],
)
def test_birth_of_another_log_is_found(origin: str, text: str) -> None:
    findings = Findings()
    birth = check_birth(LogBuilder().entries[0], origin, findings)
    assert birth is not None
    assert findings.codes == {10}
    assert any(row.text.endswith(text) for row in findings.kept)
