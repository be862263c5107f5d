"""`rule test`: the examples of a rule, judged by the rule; at what it was asked in a case."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import typer

from ledger.errors import MalformedError
from portal.cli import rule
from portal.programs import rule_test
from schemas.loader import rule_examples
from tests.support.control import event_id, stream_act


def test_every_example_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    rule.run_examples("V-LR-07", None, as_json=True)

    said = json.loads(capsys.readouterr().out)
    names = [one["name"] for one in rule_examples()["V-LR-07"]]
    assert [one["name"] for one in said["examples"]] == names
    assert said["holds"]
    assert {bool(one["found"]) for one in said["examples"]} == {True, False}


def test_an_example_that_does_not_hold_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = copy.deepcopy(rule_examples()["V-LR-10"])
    next(one for one in broken if one["found"])["found"].clear()
    monkeypatch.setattr(rule_test, "rule_examples", lambda: {"V-LR-10": broken})

    with pytest.raises(typer.Exit) as ended:
        rule.run_examples("V-LR-10", None)

    lines = capsys.readouterr().out.splitlines()
    assert ended.value.exit_code == 1
    assert len([line for line in lines if line.startswith("FAILS")]) == 1
    assert any("not []" in line for line in lines)


def test_there_is_no_such_rule() -> None:
    with pytest.raises(MalformedError):
        rule.run_examples("V-NO-01", None)


def test_of_a_case_the_entries_that_the_rule_is_asked_about_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the alerts of this rule, not those of another, at the act that raised them."""
    decision, hearing = event_id("decision"), event_id("hearing")
    acts = [
        stream_act("CaseFiled"),
        stream_act("HearingHeld", event_id=hearing),
        stream_act("PenaltyDecisionMade", event_id=decision),
        stream_act(rule_test.ALERT, {"ruleId": "V-LR-07", "alertId": "aa"}, causation_id=decision),
        stream_act(rule_test.ALERT, {"ruleId": "V-LR-05", "alertId": "bb"}, causation_id=hearing),
    ]
    monkeypatch.setattr(rule_test, "read_acts", lambda _data, _case: ("0", acts))

    rule.run_examples("V-LR-07", "case:1", Path("nowhere"), as_json=True)

    said = json.loads(capsys.readouterr().out)
    shown = [(one["event_type"], one["alert_ids"]) for one in said["entries"]]
    assert shown == [("HearingHeld", []), ("PenaltyDecisionMade", ["aa"])]


def test_of_a_stream_of_the_control_log_the_alerts_lie_in_a_case_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    issued = event_id("issued")
    acts = [stream_act("CredentialIssued", event_id=issued)]
    alert = {"ruleId": "V-ORG-03", "alertId": "cc"}
    beside = [stream_act(rule_test.ALERT, alert, causation_id=issued)]
    monkeypatch.setattr(rule_test, "read_acts", lambda _data, _case: ("control", acts))
    monkeypatch.setattr(rule_test, "read_acts_beside", lambda _data, _case: beside)

    rule.run_examples("V-ORG-03", "officer:1", Path("nowhere"), as_json=True)

    said = json.loads(capsys.readouterr().out)
    assert [(one["event_type"], one["alert_ids"]) for one in said["entries"]] == [
        ("CredentialIssued", ["cc"])
    ]
