"""Generated acts are what a ledger takes: strict, committed, in order, without personal values."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import fastavro
import pytest
from stdnum.cn import ric, uscc

from consumers.generate.case.violations import VIOLATIONS
from consumers.generate.commands import COMMAND_KINDS
from consumers.generate.emitters import registration
from consumers.generate.history import generate
from consumers.generate.reading import first_decided_case
from consumers.generate.records import RECORD_SCHEMA
from consumers.generate.timeline import WorkCalendar, day_of
from ledger.chain.act import encode_act
from ledger.chain.commitments import commitment
from ledger.chain.identifiers import find_personal, id_card_ok, uscc_ok
from ledger.chain.schema_text import fingerprint
from schemas.catalogue import load_catalogue
from schemas.loader import calendar_texts, event_schemas, rule_set_text
from tests.support.history import UNTIL, Step, codec_of, read_steps

ONLY_FAULTY = {"use_emergency_access", "end_repaired_disclosure", "report_breach", "confirm_alert"}
"""Commands that only faults give."""


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    """A history of 150 cases, a fifth of them with a fault."""
    path = tmp_path_factory.mktemp("history") / "history.avro"
    generate(150, "acts", UNTIL, 0.2, path)
    return read_steps(path)


def acts(steps: list[Step]) -> list[Step]:
    """Return the steps that are acts."""
    return [step for step in steps if step.act is not None]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """File and truth file, byte for byte; another seed gives others."""
    written = []
    for number, seed in enumerate(("a", "a", "b")):
        path = tmp_path / f"{number}.avro"
        generate(12, seed, UNTIL, 0.5, path)
        written.append((path.read_bytes(), path.with_suffix(".truth.json").read_bytes()))
    assert written[0] == written[1]
    assert written[0][0] != written[2][0]


def test_acts_are_the_one_encoding_of_what_they_say(steps: list[Step]) -> None:
    """Envelope and payload decode strictly and encode to the same bytes; schemas are the published."""
    texts = event_schemas()
    for step in acts(steps):
        assert step.act is not None
        assert encode_act(step.act) == step.value
        assert codec_of(step.type).encode(step.payload) == step.act.payload
        assert step.act.payload_schema == fingerprint(texts[step.type, 1])


def test_each_commitment_has_its_opening(steps: list[Step]) -> None:
    """Exactly one each, in path order, and it opens."""
    for step in acts(steps):
        expected = codec_of(step.type).commitments(step.payload)
        found = [
            (o.path, commitment(o.salt, step.event_id, o.path, o.value)) for o in step.openings
        ]
        assert found == expected, step.type


def test_no_personal_value_is_in_any_act(steps: list[Step]) -> None:
    """What is sealed is nowhere in the clear, in no act of the whole history."""
    # Values of one or two characters would be found in any text; no secret here is that short.
    secrets = {json.loads(o.value) for step in acts(steps) for o in step.openings}
    assert len(secrets) > 500
    assert min(map(len, secrets)) >= 3
    everything = b"\n".join(step.value for step in acts(steps))
    assert [secret for secret in secrets if secret.encode() in everything] == []


def test_clear_strings_pass_the_checks_of_the_ledger(steps: list[Step]) -> None:
    """No number of a person in P and I strings, and every string fits its pattern."""
    for step in acts(steps):
        codec = codec_of(step.type)
        for pointer, text in codec.clear_strings(step.payload):
            assert find_personal(text) is None, (step.type, pointer)
        assert codec.pattern_fault(step.payload) is None, step.type


def test_identifiers_have_true_check_characters(steps: list[Step]) -> None:
    """Ours and another implementation agree; identity numbers are of a region that is none."""
    numbers, codes = set(), set()
    for step in acts(steps):
        party = step.payload.get("party")
        if party and party["uscc"]:
            codes.add(party["uscc"])
        paths = ("/party/idValueCommitment", "/idCard")
        numbers |= {json.loads(o.value) for o in step.openings if o.path in paths}
    assert len(numbers) > 100
    assert len(codes) > 50
    for number in numbers:
        assert id_card_ok(number)
        assert ric.calc_check_digit(number) == number[-1]
        assert number.startswith("990000")
    assert all(uscc_ok(code) and uscc.is_valid(code) and "FCT" in code for code in codes)


def test_records_are_in_time_order_and_not_late(steps: list[Step]) -> None:
    """Nothing is received before it happened, nor after the end of the history."""
    times = [step.at for step in steps]
    assert times == sorted(times)
    assert times[-1] <= UNTIL
    for step in acts(steps):
        assert step.act is not None
        assert step.act.occurred_at <= step.act.recorded_at <= step.at


def test_what_people_do_is_done_on_working_days(steps: list[Step]) -> None:
    """Uploads of a recorder station alone may fall on a holiday."""
    calendar = WorkCalendar(calendar_texts())
    cases = [step for step in steps if step.stream.startswith("case:")]
    idle = {step.type for step in cases if not calendar.is_workday(day_of(step.at))}
    assert idle <= {"RecordingUploaded"}


def test_every_emitter_may_send_what_it_sends(steps: list[Step]) -> None:
    """The registration that follows from its id covers agency and type."""
    catalogue = load_catalogue()
    for step in acts(steps):
        assert step.act is not None
        allowed = registration(step.act.emitter_id, catalogue)
        assert step.act.agency_id in allowed.agency_ids
        assert step.type in allowed.event_types
        assert catalogue.rows[step.type].aggregate == step.act.aggregate_type
        # What is about an agency and no matter lies in its stream, where the type may be either.
        in_control = catalogue.rows[step.type].log == "control" or step.stream.startswith("agency:")
        assert in_control != step.stream.startswith("case:")


def test_control_acts_come_before_the_first_case(steps: list[Step]) -> None:
    """Only staff is declared again later, and reform tasks are done."""
    catalogue = load_catalogue()
    first = next(n for n, step in enumerate(steps) if step.stream.startswith("case:"))
    later = {s.type for s in acts(steps[first:]) if catalogue.rows[s.type].log == "control"}
    assert later <= {"StaffingDeclared", "ReformTaskCompleted"}


def test_whole_cases_go_from_lead_to_archive(steps: list[Step]) -> None:
    """Most are whole, some still run; shares of major cases and hearings are as in life."""
    types: dict[str, set[str]] = {}
    for step in steps:
        if step.stream.startswith("case:"):
            types.setdefault(step.stream, set()).add(step.type)
    assert len(types) == 150
    assert all("LeadRegistered" in found for found in types.values())
    archived = sum("archive_case" in found for found in types.values())
    reviewed = sum("LegalReviewConcluded" in found for found in types.values())
    heard = sum("HearingHeld" in found for found in types.values())
    assert 110 <= archived <= 140
    assert 20 <= reviewed <= 55
    assert 2 <= heard <= 15


def test_every_kind_of_command_occurs(steps: list[Step]) -> None:
    """And each names its officer, agency and case."""
    commands = [step.command for step in steps if step.command]
    assert set(COMMAND_KINDS) - ONLY_FAULTY == {command.kind for command in commands}
    for step in steps:
        if step.command:
            assert step.command.case_id == step.stream
            assert step.command.officer_id.startswith("officer:")
            assert uscc_ok(step.command.agency_id)


def test_the_desk_works_after_the_offices(steps: list[Step]) -> None:
    """Commands of a day stand together, so that whoever emits waits for few of them."""
    commands = [n for n, step in enumerate(steps) if step.command]
    runs = sum(1 for n in commands if n - 1 not in set(commands))
    days = len({day_of(steps[n].at) for n in commands})
    assert runs <= 1.3 * days


def test_openings_of_one_person_have_one_subject_a_case(steps: list[Step]) -> None:
    """A party is erased case by case: its values hang on the identifier of its part in the case."""
    streams: dict[str, set[str]] = {}
    for step in acts(steps):
        for opening in step.openings:
            if opening.subject_id.startswith("p-"):
                streams.setdefault(opening.subject_id, set()).add(step.stream)
    assert streams
    assert all(len(found) == 1 for found in streams.values())


@pytest.mark.parametrize(("cases", "rate"), [(0, 0.1), (1, -0.1), (1, 1.1)])
def test_numbers_out_of_bounds_are_refused(tmp_path: Path, cases: int, rate: float) -> None:
    """Before anything is written."""
    with pytest.raises(ValueError, match="at least one case"):
        generate(cases, "s", UNTIL, rate, tmp_path / "x.avro")
    assert list(tmp_path.iterdir()) == []


def test_a_single_case_is_whole(tmp_path: Path) -> None:
    """The smallest history ends with an archived case shortly before its end."""
    path = tmp_path / "one.avro"
    result = generate(1, "s", UNTIL, 0, path)
    steps = read_steps(path)
    assert steps[-1].type in ("archive_case", "close_retrieval")
    assert UNTIL - steps[-1].at < 30 * 86_400_000_000
    assert steps[0].at == result["from_micros"]
    assert Counter(bool(step.act) for step in steps) == {
        True: result["acts"],
        False: result["commands"],
    }


def test_every_rule_in_force_has_its_kind_of_fault() -> None:
    """One each, and two where the rule finds it on two ways: by index and code, at once and late."""
    kinds = Counter(violation.rule_id for violation in VIOLATIONS)
    assert set(kinds) == set(json.loads(rule_set_text())["violations"])
    assert {rule: count for rule, count in kinds.items() if count > 1} == {
        "V-PROC-15": 2,
        "V-CRED-01": 2,
    }


def test_the_first_decided_case_is_found(tmp_path: Path) -> None:
    """And a file without one says so."""
    path = tmp_path / "one.avro"
    generate(2, "s", UNTIL, 0, path)
    case = first_decided_case(path)
    decided = [step.stream for step in read_steps(path) if step.type == "PenaltyDecisionMade"]
    assert case == decided[0]
    generate(1, "s", UNTIL, 0, path)
    first_day = read_steps(path)[0].at
    with path.open("rb") as whole:
        records = list(fastavro.reader(whole))
    with path.open("wb") as cut:
        fastavro.writer(cut, RECORD_SCHEMA, [r for r in records if r["simTime"] == first_day])
    with pytest.raises(ValueError, match=r"one\.avro"):
        first_decided_case(path)
