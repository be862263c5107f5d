"""The annual tables count what section 7 of the domain says, and give the same bytes again."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from xml.etree import ElementTree

import pytest

from consumers.project import FactsFollower
from ledger.chain.entry import decode_entry
from ledger.errors import MalformedError
from portal.programs.statistics import _sizes, count_report, make_report
from portal.statistics.files import PAGES, SUMS, TABLES, WORKBOOK, report_files, tables_hash
from portal.statistics.pages_file import pages_bytes
from portal.statistics.workbook import Sheet, workbook_bytes
from projections.statistics.layout import layout
from projections.statistics.report import Head
from tests.support.correcting import correction
from tests.support.disclosure_story import register_agencies
from tests.support.ledger_copy import AGENCY, LEDGER, OTHER_AGENCY, LedgerCopy, MemorySource, sample

YEAR = 2026
EPOCH = dt.date(1970, 1, 1)
IN_YEAR = (dt.date(YEAR, 12, 31) - EPOCH).days
TYPES = {
    *("AgencyRegistered", "AgencyQualificationConfirmed", "StaffingDeclared", "OfficerRegistered"),
    *("CredentialIssued", "CredentialRevoked", "StatisticsReportGenerated", "EventAnnulled"),
    *("PenaltyDecisionMade", "OnSitePenaltyDecided", "DecisionRevoked", "CaseFiled", "CaseClosed"),
    *("NoPenaltyDecisionMade", "LicenceGranted", "LicenceAltered", "LicenceRefused"),
    *("MeasureImposed", "EnforcementDecisionMade", "ExecutionCompleted", "ReconsiderationFiled"),
    *("LitigationFiled", "RemedyResultReceived", "OtherEnforcementActRecorded"),
    *("InspectionRecordMade", "CourtEnforcementApplied", "JurisdictionTransferred"),
    "EventCorrected",
}


class Story:
    """Acts of a ledger and the report of a year."""

    def __init__(self):
        self.ledger = LedgerCopy(1, schemas=TYPES)
        register_agencies(self.ledger)

    def act(self, event_type, stream="case:1", log="0", agency=AGENCY, **payload):
        """Append an act."""
        body = sample(event_type, **payload)
        return self.ledger.add(event_type, body, stream=stream, log=log, agency_id=agency)

    def penalty(self, *penalties, event_type="PenaltyDecisionMade", day=IN_YEAR, **fields):
        """Decide a penalty: kinds and amounts."""
        rows = [
            {"kind": kind, "amountFen": fen, "objectCommitment": None, "durationDays": None}
            for kind, fen in penalties
        ]
        return self.act(event_type, doc={"docDate": day}, penalties=rows, **fields)

    def correct(self, target, event_type, *, stream="case:1", log="0", agency=AGENCY, **said):
        """Correct an act: its whole payload anew."""
        body = correction(target, event_type, **said)
        return self.ledger.add("EventCorrected", body, stream=stream, log=log, agency_id=agency)

    def heads(self):
        """Return how far the logs go now."""
        origins = {"control": f"{LEDGER}/control", "0": f"{LEDGER}/log/0"}
        return [Head(log, origins[log], len(self.ledger.logs[log]), "00") for log in origins]

    def report(self, heads=None, year=YEAR):
        """Return the report of a year."""
        source = MemorySource(self.ledger.logs)
        facts = FactsFollower(source).follow_to(len(self.ledger.logs["control"]))
        return count_report(source, facts, heads or self.heads(), year, layout())

    def total(self, table, **given):
        """Return the cells of a table's last row that are not 0."""
        tables = {one["id"]: one for one in self.report(**given)["tables"]}
        return {name: count for name, count in tables[table]["total"].items() if count}


@pytest.fixture
def story():
    return Story()


def test_a_decision_counts_once_in_its_heaviest_kind(story):
    """All its amounts count; what was revoked later counts; another year does not."""
    story.penalty(("FINE", 5_000), ("CONFISCATE_GAINS", 320), ("CONFISCATE_GOODS", None))
    story.penalty(("OTHER", None), ("WARNING", None), event_type="OnSitePenaltyDecided")
    story.penalty(("OTHER", None))
    revoked = story.penalty(
        ("STOP_BUSINESS", None), ("REVOKE_LICENCE", None), agency=OTHER_AGENCY, stream="case:2"
    )
    story.act("DecisionRevoked", stream="case:2", agency=OTHER_AGENCY, decisionEventId=revoked)
    story.penalty(("FINE", 700), day=IN_YEAR + 1)

    assert story.total("T1") == {
        "CONFISCATE": 1,
        "WARNING": 1,
        "OTHER": 1,
        "REVOKE_LICENCE": 1,
        "TOTAL": 4,
        "AMOUNT": 5_320,
    }
    assert story.total("T1", year=YEAR + 1) == {"FINE": 1, "TOTAL": 1, "AMOUNT": 700}
    first = story.report()["tables"][0]["rows"]
    assert {row["agency_id"]: row["cells"]["TOTAL"] for row in first} == {
        AGENCY: 3,
        OTHER_AGENCY: 1,
    }
    assert all(check["holds"] for check in story.report()["checks"])


def test_an_annulled_decision_counts_nowhere(story):
    """It was entered by mistake; so is what rests on it, and an annulment may come first."""
    story.act("EventAnnulled", targetEventId=story.penalty(("FINE", 5_000)))
    now = story.ledger.now
    decided = story.act("EnforcementDecisionMade", enforceKind="TRANSFER")
    filed = story.act("ReconsiderationFiled", acceptedAt=now)
    story.act("ExecutionCompleted", completedAt=now)
    paper = {"docDate": IN_YEAR}
    story.act("RemedyResultReceived", filingEventId=filed, result="REDO", doc=paper)
    for event in (decided, filed):
        story.act("EventAnnulled", targetEventId=event)
    story.act("EventAnnulled", targetEventId=story.ledger.id_after(1))
    story.penalty(("FINE", 5_000))

    assert all(story.total(table) == {} for table in ("T1", "T3", "T6"))


def fine(fen, kind="FINE"):
    """Return what a decision says of its penalty."""
    rest = {"objectCommitment": None, "durationDays": None}
    return {"doc": {"docDate": IN_YEAR}, "penalties": [{"kind": kind, "amountFen": fen, **rest}]}


def test_a_corrected_decision_counts_as_its_last_correction_reads(story):
    """That is not annulled; whatever it was corrected to, once; a stranger corrects nothing."""
    decided = story.penalty(("FINE", 5_000))
    before = story.heads()
    story.correct(decided, "PenaltyDecisionMade", **fine(700))
    last = story.correct(decided, "PenaltyDecisionMade", **fine(None, "WARNING"))
    story.correct(decided, "PenaltyDecisionMade", agency=OTHER_AGENCY, **fine(1))

    assert story.total("T1", heads=before) == {"FINE": 1, "TOTAL": 1, "AMOUNT": 5_000}
    assert story.total("T1") == {"WARNING": 1, "TOTAL": 1}
    story.act("EventAnnulled", targetEventId=last)
    assert story.total("T1") == {"FINE": 1, "TOTAL": 1, "AMOUNT": 700}
    assert all(check["holds"] for check in story.report()["checks"])
    story.act("EventAnnulled", targetEventId=decided)
    assert story.total("T1") == {}


def test_what_rests_on_a_corrected_act_counts_by_what_that_says(story):
    """Enforcement by the kind decided at its place, a result by its words, staff as declared."""
    now = story.ledger.now
    decided = story.act("EnforcementDecisionMade", enforceKind="TRANSFER")
    story.act("ExecutionCompleted", completedAt=now)
    filed = story.act("ReconsiderationFiled", acceptedAt=now)
    paper = {"doc": {"docDate": IN_YEAR}, "filingEventId": filed}
    result = story.act("RemedyResultReceived", result="UPHELD", **paper)
    place = {"stream": f"agency:{AGENCY}", "log": "control"}
    staff = {"asOf": IN_YEAR, "officersWithCredential": 6}
    declared = story.act("StaffingDeclared", officersTotal=8, **place, **staff)
    story.correct(decided, "EnforcementDecisionMade", enforceKind="AUCTION")
    story.correct(result, "RemedyResultReceived", result="REDO", **paper)
    story.correct(declared, "StaffingDeclared", officersTotal=9, **place, **staff)

    assert story.total("T3") == {"AUCTION": 1}
    assert story.total("T6") == {"RECONSIDERED": 1, "RECONSIDERATION_LOST": 1}
    assert story.total("T5") == {"OFFICERS": 9, "WITH_CREDENTIAL": 6}


def test_a_correction_after_a_report_is_late_in_the_next(story):
    """As it reads now, at the place of the correction; the report before stays the same."""
    decided = story.penalty(("FINE", 5_000))
    heads = story.heads()
    first = report_files(story.report(heads), layout())
    as_of = [{"origin": it.origin, "treeSize": it.tree_size, "root": bytes(32)} for it in heads]
    story.act("StatisticsReportGenerated", "stat:2026", "control", year=YEAR, asOf=as_of)
    story.correct(decided, "PenaltyDecisionMade", **fine(700))

    assert report_files(story.report(heads), layout()) == first
    late = story.report()["late"]
    assert {one["leaf_index"] for one in late} == {str(len(story.ledger.logs["0"]) - 1)}
    assert {one["column"]: one["amount"] for one in late}["AMOUNT"] == 700


def test_a_stranger_agency_writes_no_decision_into_a_case(story):
    """What it says there counts for no table; after a transfer the case is its own."""
    story.act("CaseFiled")
    story.penalty(("FINE", 5_000), agency=OTHER_AGENCY)
    assert story.total("T1") == {}
    story.act("JurisdictionTransferred", toAgency=OTHER_AGENCY)
    story.penalty(("FINE", 5_000), agency=OTHER_AGENCY)
    assert story.total("T1") == {"FINE": 1, "TOTAL": 1, "AMOUNT": 5_000}


def test_the_other_tables_count_their_acts(story):
    """Alterations are licences; enforcement counts when it is completed; remedies by their filing."""
    for event_type in ("CaseFiled", "CaseClosed"):
        story.act(event_type)
    story.act("NoPenaltyDecisionMade", doc={"docDate": IN_YEAR})
    for event_type in ("LicenceGranted", "LicenceAltered", "LicenceRefused"):
        story.act(event_type, stream="licence:1", doc={"docDate": IN_YEAR})
    for kind in ("SEIZE", "LIBERTY"):
        story.act("MeasureImposed", measureKind=kind, decisionDoc={"docDate": IN_YEAR})
    now = story.ledger.now
    story.act("EnforcementDecisionMade", stream="case:2", enforceKind="TRANSFER")
    story.act("EnforcementDecisionMade", enforceKind="AUCTION")
    story.act("ExecutionCompleted", completedAt=now)
    story.act("CourtEnforcementApplied", appliedAt=now)
    story.act("OtherEnforcementActRecorded", "act:1", actKind="LEVY", at=now, amountFen=900)
    story.act("InspectionRecordMade", "inspection:1")
    filed = story.act("ReconsiderationFiled", acceptedAt=now)
    sued = story.act("LitigationFiled", acceptedAt=now)
    for filing, result in ((filed, "REDO"), (sued, "UPHELD")):
        story.act(
            "RemedyResultReceived", filingEventId=filing, result=result, doc={"docDate": IN_YEAR}
        )

    assert story.total("T1b") == {"FILED": 1, "CLOSED": 1, "NO_PENALTY": 1}
    assert story.total("T2") == {"GRANTED": 2, "REFUSED": 1}
    assert story.total("T3") == {"SEIZE": 1, "OTHER_MEASURE": 1, "AUCTION": 1, "COURT": 1}
    assert story.total("T4") == {"LEVY": 1, "LEVY_AMOUNT": 900, "INSPECTION": 1}
    assert story.total("T6") == {"RECONSIDERED": 1, "RECONSIDERATION_LOST": 1, "SUED": 1}


def test_staff_is_what_was_declared_last_at_the_end_of_the_year(story):
    """Beside it, officers that the register gives a valid credential."""
    for day, officers in ((IN_YEAR, 8), (IN_YEAR - 9, 7), (IN_YEAR + 1, 9)):
        story.act(
            "StaffingDeclared",
            f"agency:{AGENCY}",
            "control",
            asOf=day,
            officersTotal=officers,
            officersWithCredential=6,
        )
    for number in range(3):
        stream = f"officer:{number}"
        story.act("OfficerRegistered", stream, "control", agencyId=AGENCY)
        until = IN_YEAR - 1 if number == 1 else IN_YEAR + 500
        story.act("CredentialIssued", stream, "control", validFrom=20_000, validTo=until)
    story.act("CredentialRevoked", "officer:2", "control", effectiveAt=IN_YEAR * 86_400_000_000)

    assert story.total("T5") == {"OFFICERS": 8, "WITH_CREDENTIAL": 6, "CREDENTIALS": 1}


def test_what_came_after_a_report_is_in_the_next_as_late(story):
    """The earlier one, made again of its sizes, is the same to the byte."""
    story.penalty(("FINE", 5_000))
    heads = story.heads()
    first = report_files(story.report(heads), layout())
    as_of = [{"origin": it.origin, "treeSize": it.tree_size, "root": bytes(32)} for it in heads]
    story.act("StatisticsReportGenerated", "stat:2026", "control", year=YEAR, asOf=as_of)
    story.penalty(("WARNING", None))

    again = report_files(story.report(heads), layout())
    assert again == first
    assert set(first) > {TABLES, WORKBOOK, PAGES, SUMS}
    second = story.report()
    assert (second["version"], second["tables"][0]["total"]["TOTAL"]) == (2, 2)
    assert {one["column"] for one in second["late"]} == {"WARNING", "TOTAL", "AMOUNT"}
    assert {one["leaf_index"] for one in second["late"]} == {str(len(story.ledger.logs["0"]) - 1)}
    following = story.report(year=YEAR + 1)
    assert len(following["late"]) == 3
    assert tables_hash(first[TABLES]) != tables_hash(report_files(second, layout())[TABLES])


def test_files_say_the_same_as_the_tables(story):
    """Money in yuan; a sheet has the cells of the CSV; no formula, no time of making."""
    story.penalty(("FINE", 123_456))
    files = report_files(story.report(), layout())

    rows = list(csv.reader(io.StringIO(files["01-T1.csv"].decode("utf-8-sig"))))
    assert rows[0][-1] == "罚没金额（元）"
    assert rows[-1][0] == "合计"
    assert rows[-1][-2:] == ["1", "1234.56"]
    with zipfile.ZipFile(io.BytesIO(files[WORKBOOK])) as book:
        assert {info.date_time for info in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet2.xml"))
        formats = ElementTree.fromstring(book.read("xl/styles.xml")).find("{*}cellXfs")
    last = list(sheet[0])[-1]
    assert ["".join(cell.itertext()) for cell in last] == rows[-1]
    styles = [cell.get("s") for cell in last if cell.get("t") is None]
    assert styles == ["1"] * 13 + ["2"]  # Counts, then money; only the names are text.
    assert [one.get("numFmtId") for one in formats] == ["0", "3", "4", "164"]


def test_a_sheet_holds_whatever_text_there_is():
    """Signs of XML, control characters, and numbers that a spreadsheet would round."""
    rows = [["a<b>&\x01", "=1+1"], [10**15, -3]]
    data = workbook_bytes([Sheet("表<1>", rows)])

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    texts = [["".join(cell.itertext()) for cell in row] for row in sheet[0]]
    assert texts == [["a<b>&", "=1+1"], ["1000000000000000", "-3"]]
    assert not list(sheet.iter("{*}f"))


def test_pages_show_every_cell_under_its_titles():
    """Long tables go on over pages with the titles again; objects lie where the file says."""
    rows = [["栏目", "数"], *[[f"第{n}行", n] for n in range(120)]]
    data = pages_bytes("年报", "脚注", [Sheet("表", rows), Sheet("空", [["无"]])])

    def drawn(text):
        return data.count(b"<" + text.encode("utf-16-be").hex().encode() + b">")

    assert all(drawn(f"第{n}行") == 1 for n in range(120))
    assert data.count(b"/Type /Page /Parent") == drawn("栏目") + 1 > 3
    assert drawn(f"脚注    1 / {drawn('栏目') + 1}") == 1
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    places = [int(line[:10]) for line in data[start:].splitlines()[3:] if line.endswith(b" n ")]
    for number, place in enumerate(places, start=1):
        assert data[place:].startswith(b"%d 0 obj\n" % number)
    assert data[start:].startswith(b"xref\n0 %d\n" % (len(places) + 1))


def test_numbers_and_words_stay_whole_on_paper():
    """Sixteen columns of money beside long names; a cell that is higher than a page goes on."""
    heads = ["机关", *["限制开展生产经营活动、责令停产停业金额（元）"] * 15]
    money = [f"{n}234567.89" for n in range(1, 16)]
    rows = [heads, ["长沙市市场监督管理综合行政执法支队（示范）", *money], ["字" * 9_000, "1"]]
    data = pages_bytes("年报", "脚注", [Sheet("表", rows)])
    lines = [
        bytes.fromhex(text.decode()).decode("utf-16-be")
        for text in re.findall(rb"<([0-9a-f]+)> Tj", data)
    ]

    assert set(money) <= set(lines)
    assert sum(line.count("字") for line in lines) == 9_000
    assert not [line for line in lines if line[0] in "，。、；：）" or line[-1] == "（"]
    heights = [int(y) for y in re.findall(rb" ([0-9]+) Td", data)]
    assert min(heights) >= 36
    assert data == pages_bytes("年报", "脚注", [Sheet("表", rows)])


@pytest.mark.parametrize("text", ["control=1", "control=1,0=6", "control=x,0=1", "0", "a=b=c"])
def test_sizes_are_given_of_every_log_and_not_beyond_the_promise(text):
    """One is missing, too large, or no number."""
    logs = {f"{LEDGER}/control": "control", f"{LEDGER}/log/0": "0"}
    assert _sizes({"0": 5, "control": 3}, "control=2,0=5", logs) == {"control": 2, "0": 5}
    with pytest.raises(MalformedError):
        _sizes({"0": 5, "control": 3}, text, logs)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    """Nothing of an earlier report is written over."""
    (tmp_path / "x").touch()
    with pytest.raises(MalformedError, match="no empty folder"):
        make_report(tmp_path, YEAR, None, tmp_path)


def test_entries_beyond_the_sizes_are_not_read(story):
    """A report as of one entry less."""
    story.penalty(("FINE", 1))
    control, case = story.heads()
    assert decode_entry(story.ledger.logs["0"][-1]).leaf_index == case.tree_size - 1

    before = [control, case._replace(tree_size=case.tree_size - 1)]
    assert story.total("T1", heads=before) == {}
