"""Row 6, items 6.2 and 6.3: 完善文字记录.

Works when a decision whose reasons block lacks a response to a recorded statement is flagged, and
the template version in force at the document date can be opened.
"""

from __future__ import annotations

import json

import pytest

from ledger.chain.ids import uuid_text
from tests.support.api import ask
from tests.support.ledger_copy import digest
from tests.support.open_ledger import WAIT_S, ago, day
from tests.support.penalties import ORGANISATION
from tests.support.running import program, wait_for
from tests.support.workshop import letters

pytestmark = pytest.mark.kafka


def decided(open_ledger, response, document=None):
    """Return a case with a statement of the party, and the decision after it."""
    case = open_ledger.case()
    case.add("StatementReceived", at=ago(5))
    reasons = {} if response is None else {"responseToStatement": response}
    decision = case.add(
        "PenaltyDecisionMade",
        at=ago(1),
        party=ORGANISATION,
        reasons=reasons,
        doc={"docDate": day(1), **(document or {})},
    )
    case.send()
    return case, decision


def test_a_statement_without_response_is_flagged(open_ledger):
    """The alert names the decision and the statement."""
    case, decision = decided(open_ledger, None)

    alert = case.alert("V-PROC-19")
    statement = case.entry("StatementReceived")["event_id"]
    assert alert["severity"] == "HIGH"
    assert alert["causes"] == [uuid_text(decision.event_id), statement]


def test_a_response_is_enough(open_ledger):
    """What it says is sealed; that it is there is not."""
    case, _ = decided(open_ledger, "不予采纳，理由见复核意见书。")

    broken = case.rules_broken()
    assert "V-PROC-02" in broken  # Of another duty: the engine has looked at the decision.
    assert "V-PROC-19" not in broken


def test_the_form_in_force_on_the_documents_date_is_found(open_ledger):
    """Of two versions the one of that day; a document of a day without one is flagged."""
    form = f"template:{letters(12)}"
    name = form.partition(":")[2].upper()
    forms = open_ledger.stream(form, open_ledger.supervisor)
    for version, since in (("1", 90), ("2", 30)):
        forms.add(
            "DocumentTemplatePublished",
            aggregate=("Template", form),
            templateId=name,
            version=version,
            docType="行政处罚决定书",
            inForceFrom=day(since),
            fileHash=digest(f"form {version}"),
        )
    forms.send()
    cases = {
        days: decided(open_ledger, None, {"templateId": name, "docDate": day(days)})[0]
        for days in (100, 60, 1)
    }

    assert cases[100].alert("V-PROC-25")["severity"] == "LOW"
    assert all("V-PROC-25" not in cases[days].rules_broken() for days in (60, 1))
    today = "/v1/registers/templates"
    wait_for(lambda: name in str(open_ledger.get(today, None)), WAIT_S, "the form in the register")
    found = [form_of(open_ledger, cases[days]) for days in (100, 60, 1)]
    assert found == [None, ("1", digest("form 1")), ("2", digest("form 2"))]


def form_of(open_ledger, case):
    """Return version and file of the form that was in force on the day of a decision, if any."""
    document = case.entry("PenaltyDecisionMade")["payload"]["doc"]
    path = f"/v1/registers/templates?on={document['docDate']}"
    forms = {one["template_id"]: one for one in open_ledger.get(path, None)["items"]}
    form = forms.get(document["templateId"])
    return form and (form["version"], form["file_hash"])


def test_the_form_itself_is_read_from_the_control_log(open_ledger):
    """By its stream, also where an alert about it lies in a case log under the same name."""
    form = open_ledger.stream(f"template:{letters(12)}", open_ledger.supervisor)
    form.add("DocumentTemplatePublished", aggregate=("Template", form.id), fileHash=digest("form"))
    form.send()
    assert "V-CRED-01" in form.rules_broken()  # Whoever published it has no credential.

    done = program("case", "replay", form.id, "--data", open_ledger.ledger.data, "--json")
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)["entries"]
    assert entry["payload"]["fileHash"] == digest("form")


@pytest.mark.parametrize("on", ["2026-13-45", "yesterday", "2026-03-02T10:00:00"])
def test_what_is_no_date_is_pointed_to(open_ledger, on):
    """As every other wrong parameter."""
    reply = ask(open_ledger.ledger, f"/v1/registers/templates?on={on}")

    assert reply.status == 422
    (fault,) = reply.document["errors"]
    assert (fault["pointer"], fault["code"]) == ("/query/on", "NOT_A_DATE")
