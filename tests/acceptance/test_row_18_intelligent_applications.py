"""Row 18, items 18.1 and 18.2: 强化智能应用.

Works when for a decision outside the benchmark the advised range, the chosen amount and the stated
reason are shown together.
"""

from __future__ import annotations

import hashlib
import html
import json
from urllib.parse import quote

import pytest

from consumers.generate.people import credit_code
from portal.pages import rfc3339
from tests.support.api import ask
from tests.support.open_ledger import WAIT_S, ago, day
from tests.support.penalties import ORGANISATION
from tests.support.running import program, wait_for
from tests.support.workshop import now

pytestmark = pytest.mark.kafka

AGENCY, OTHER = "11430200FCT000049H", "11430600FCT0000571"  # Of this module alone.
# Other modules of the shared ledger punish the usual one, at several agencies.
PLAIN = {**ORGANISATION, "uscc": credit_code("91430200", "MAFCT18B"), "name": "株洲寻常公司"}
REPEATED = {**ORGANISATION, "uscc": credit_code("91430200", "MAFCT18A"), "name": "株洲重犯公司"}
ITEM = "HN-YJ-18"
CIRCUMSTANCE = "一般"
REASON = "两年内第三次违法，且拒不改正"
CHOSEN_FEN = 60_000_000
CORRELATION = f"/v1/correlation?agency={AGENCY}"
KINDS = {"OUTLIER", "OFFICER_LOWEST", "REPEAT_ORGANISATION"}


class Planted:
    """Penalties of one item: a dozen plain ones; then what stands out.

    One far above the benchmark, with advice and reason; six of the lowest grade, all by one
    officer, against an organisation that another agency punishes too.
    """

    def __init__(self, ledger):
        self.ledger = ledger
        self.office = ledger.new_office("safety", AGENCY)
        grades = [
            {"circumstance": "从轻", "minFen": 1_000_000, "maxFen": 2_000_000},
            {"circumstance": CIRCUMSTANCE, "minFen": 2_000_001, "maxFen": 5_000_000},
        ]
        listed = ledger.stream(f"list:{ITEM}", self.office)
        listed.add(
            "DiscretionBenchmarkPublished",
            itemCode=ITEM,
            grades=grades,
            effectiveFrom=day(300),
        )
        listed.send()
        self.past = [self.decided(40 - n, 2_500_000 + n * 100_000) for n in range(12)]
        self.case = self.filed(5)
        self.case.send()
        self.case.entry("CaseFiled")  # Whoever advises has the case before him.
        self.clean_at = rfc3339(now())
        self.advice = self.advise(CHOSEN_FEN, REASON)
        self.decision = self.decide(self.case, None, CHOSEN_FEN)
        self.case.send()
        for n in range(6):
            self.decided(20 - n, 1_500_000 + n * 50_000, REPEATED, "officer:18")
        other = ledger.case(ledger.new_office("traffic", OTHER))
        self.decide(other, ago(3), 2_400_000, REPEATED)
        other.send()
        wait_for(self.is_whole, WAIT_S, "the view of discretion")
        (self.shown,) = ledger.get(f"/v1/discretion/cases/{self.case.id}")["decisions"]
        self.findings = ledger.get(CORRELATION)["items"]

    def is_whole(self):
        """Tell whether the view, which follows two logs, has all that was sent."""
        found = self.ledger.get(CORRELATION)["items"]
        of_item = self.ledger.get(f"/v1/correlation?item={ITEM}")["decisions"]
        return of_item == len(self.past) + 7 and {one["kind"] for one in found} == KINDS

    def filed(self, days):
        """Return a new case that was filed so many days ago."""
        case = self.ledger.case(self.office)
        case.add("CaseFiled", at=ago(days), party=PLAIN, itemCode=ITEM)
        return case

    def decide(self, case, at, fine, party=PLAIN, officer="officer:1"):
        """Add a fine."""
        return case.add(
            "PenaltyDecisionMade",
            at=at,
            actors=[(officer, None, "HANDLER")],
            doc={"docNo": f"（株）应急罚〔2026〕{fine // 100_000}号", "docDate": day(0)},
            party=party,
            penalties=[{"kind": "FINE", "amountFen": fine}],
            factIds=["F1"],
        )

    def decided(self, days, fine, *who):
        """Return a case that was decided so many days ago."""
        case = self.filed(days + 10)
        self.decide(case, ago(days), fine, *who)
        case.send()
        return case

    def advise(self, chosen, reason, circumstance=CIRCUMSTANCE):
        """Give the command by which advice and choice are recorded."""
        body = {"case_id": self.case.id, "circumstance": circumstance, "chosen_fen": chosen}
        given = body if reason is None else {**body, "reason": reason}
        return self.ledger.command("clerk", "advise_discretion", given)


@pytest.fixture(scope="module")
def planted(open_ledger):
    return Planted(open_ledger)


def test_range_amount_and_reason_are_shown_together(planted):
    """With at least five past decisions, each with a link that leads to it."""
    assert planted.advice.status == 201, planted.advice.body
    one = planted.shown
    assert one["advice"]["range_text"] == "20,000.01 元 至 50,000 元"
    assert (one["advice"]["chosen_fen"], one["fine_fen"]) == (str(CHOSEN_FEN),) * 2
    assert (one["advice"]["choice"], one["advice"]["reason"]) == ("DEPARTED", REASON)
    assert one["is_outside"]
    similar = one["compared"]["similar"]
    assert {row["case_id"] for row in similar} <= {case.id for case in planted.past}
    for path in (f"/console/cases/{planted.case.id}", decision_page(one)):
        page = text_of(planted, path)
        for words in ("20,000.01 元 至 50,000 元", "600,000 元", REASON, "超出裁量基准"):
            assert words in page, (path, words)
    page = text_of(planted, decision_page(one))
    assert len(similar) >= 5
    for row in similar:
        assert f'href="{row["case_path"]}"' in page
        assert f'href="{decision_page(row)}"' in page
    assert text_of(planted, decision_page(similar[0]))


def test_the_advice_is_an_act_through_kafka(planted):
    """With factors, version, range, choice and reason, signed by the platform."""
    entry = planted.case.entry("DiscretionAdviceGiven")
    payload = entry["payload"]
    assert entry["emitter_id"].startswith("platform.")
    assert (entry["schema_version"], payload["version"]) == (2, "discretion-1")
    assert {"factor": "ITEM", "value": ITEM} in payload["inputs"]
    assert [one["amountFen"] for one in payload["output"]] == ["2000001", "5000000"]
    assert (payload["chosenFen"], payload["reason"]) == (str(CHOSEN_FEN), REASON)


@pytest.mark.parametrize(
    ("chosen", "reason", "circumstance", "code"),
    [
        (CHOSEN_FEN, None, CIRCUMSTANCE, "REASON_MISSING"),
        (3_000_000, None, "从重", "NO_GRADE"),
        (3_000_000, "电话 14200001234 联系不上", CIRCUMSTANCE, "PERSONAL_WORDS"),
    ],
)
def test_what_cannot_be_advised_is_refused(planted, chosen, reason, circumstance, code):
    """Nothing is recorded then."""
    reply = planted.advise(chosen, reason, circumstance)
    assert (reply.status, reply.document["code"]) == (422, code)


def test_planted_patterns_are_found_and_nothing_before_them(planted):
    """On the page, in the API and on the command line; as of before they were planted, none."""
    items = planted.findings
    assert {one["kind"]: one["subject"] for one in items} == {
        "OUTLIER": planted.shown["event_id"],
        "OFFICER_LOWEST": "officer:18",
        "REPEAT_ORGANISATION": REPEATED["uscc"],
    }
    page = text_of(planted, f"/console/correlation?agency={AGENCY}")
    for one in items:
        assert one["text"] in page
        for act in one["behind"]:
            assert f'href="{act["case_path"]}"' in page
    before = planted.ledger.get(f"{CORRELATION}&at={quote(planted.clean_at)}")
    assert (before["items"], before["decisions"] >= 12) == ([], True)
    told = run(planted, "correlate", "--agency", AGENCY, "--json")
    assert json.loads(told)["items"] == items


def test_the_command_line_advises_and_shows(planted):
    """The range and the decisions like it; then range, choice and reason of the case."""
    told = run(planted, "advise", ITEM, "--agency", AGENCY, "--circumstance", CIRCUMSTANCE)
    assert "20,000.01 元 至 50,000 元" in told
    assert "情节" in told
    shown = run(planted, "show", planted.case.id)
    for words in ("20,000.01 元 至 50,000 元", "600,000 元", "DEPARTED", REASON):
        assert words in shown


def test_the_report_is_an_act_with_the_digest_of_its_bytes(planted, tmp_path):
    """Made again for the same moment it is the same, and says how much of each kind it found."""
    at = rfc3339(now())
    files = [tmp_path / name for name in ("first.json", "again.json")]
    for file in files:
        told = run(planted, "report", str(file), "--at", at, "--json")
    assert files[0].read_bytes() == files[1].read_bytes()
    digest = f"sha256:{hashlib.sha256(files[0].read_bytes()).hexdigest()}"
    assert json.loads(told)["digest"] == digest
    found = planted.ledger.inside.entries("control", "AnalyticsReportProduced.v1")
    (payload, *_) = [payload for _, _, payload in found if payload["output"] == digest]
    assert payload["version"] == "discretion-1"
    assert {"factor": "OFFICER_LOWEST", "value": "1"} in payload["inputs"]


def run(planted, *words):
    done = program("discretion", *words, "--data", planted.ledger.ledger.data)
    assert done.returncode == 0, done.stderr
    return done.stdout


def decision_page(row):
    return f"/console/discretion/decisions/{row['event_id']}"


def text_of(planted, path):
    reply = ask(planted.ledger.ledger, path, role="supervisor")
    assert reply.status == 200, (path, reply.body)
    return html.unescape(reply.body.decode())
