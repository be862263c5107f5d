"""What is due, over HTTP, on the command line and on the console, on generated cases."""

import csv
import io
import json

import pytest

from tests.support.api import ask
from tests.support.running import program

AT = "2026-06-01T12:00:00+08:00"  # In the middle of the generated time.
ROLE = "supervisor"


def listed(ledger, query):
    """Return the items of a list, all of its pages."""
    items, cursor = [], ""
    while cursor is not None:
        path = f"/v1/deadlines?limit=100&{query}" + (f"&cursor={cursor}" if cursor else "")
        page = ask(ledger, path, role=ROLE).document
        items += page["items"]
        cursor = page["next_cursor"]
    return items


@pytest.fixture(scope="module")
def everything(seeded):
    """All deadlines of the ledger."""
    return listed(seeded, "all=true&at=" + AT.replace("+", "%2B"))


def test_the_api_says_what_is_due_for_whom_in_how_many_working_days(seeded, everything):
    """With words and basis, the earliest due first, overdue ones at the head."""
    due = listed(seeded, "at=" + AT.replace("+", "%2B"))

    assert {one["state"] for one in everything} > {"MET", "OPEN"}
    assert due
    assert {one["instance_id"] for one in due} < {one["instance_id"] for one in everything}
    assert all(one["outstanding"] and one["name"] and one["basis"] for one in due)
    dues = [one["due_at"] or "9999" for one in due]
    assert dues == sorted(dues)
    overdue = [one["overdue"] for one in due]
    assert overdue == sorted(overdue, reverse=True)
    for one in due:
        if one["due_at"] is not None:
            left = one["remaining_working_days"]
            assert left <= 0 if one["due_day"] <= AT[:10] else left >= 0
    assert ask(seeded, f"/v1/deadlines/{due[0]['instance_id']}", role="clerk").status == 200


def test_the_list_narrows(seeded, everything):
    """By case, agency, row, state and day; only overdue ones."""
    at = "at=" + AT.replace("+", "%2B")
    one = next(one for one in everything if one["state"] == "MET")
    for query, of in (
        (f"case={one['stream_id']}&all=true", lambda it: it["stream_id"] == one["stream_id"]),
        (f"agency={one['agency_id']}&all=true", lambda it: it["agency_id"] == one["agency_id"]),
        (f"row={one['deadline_id']}&all=true", lambda it: it["deadline_id"] == one["deadline_id"]),
        ("state=MET", lambda it: it["state"] == "MET"),
        ("overdue=true", lambda it: it["overdue"]),
        (
            "all=true&due_before=2026-03-01T00:00:00%2B08:00",
            lambda it: (it["due_at"] or "9") < "2026-03-01T00:00:00",
        ),
    ):
        expected = {it["instance_id"] for it in everything if of(it)}
        assert {it["instance_id"] for it in listed(seeded, f"{query}&{at}")} == expected, query


def test_only_staff_may_look_and_faults_are_named(seeded):
    """401 for the public, 403 for operators, 422 for what is no time, 404 for no deadline."""
    assert ask(seeded, "/v1/deadlines").status == 401
    assert ask(seeded, "/v1/deadlines", role="operator").status == 403
    assert ask(seeded, "/v1/deadlines", role="clerk").status == 200
    wrong = ask(seeded, "/v1/deadlines?due_before=soon", role=ROLE)
    assert (wrong.status, wrong.document["errors"][0]["pointer"]) == (422, "/query/due_before")
    assert ask(seeded, f"/v1/deadlines/{'0' * 64}", role=ROLE).status == 404
    assert ask(seeded, "/console/deadlines", role="operator").status == 403


def test_the_spreadsheet_has_the_whole_list(seeded, everything):
    """All pages of it, with words."""
    answer = ask(seeded, "/v1/deadlines.csv?all=true", role=ROLE)
    heads, *lines = csv.reader(io.StringIO(answer.body.decode("utf-8-sig")))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert (heads[0], heads[-1]) == ("到期时间", "标识")
    assert [line[-1] for line in lines] == [one["instance_id"] for one in everything]


def test_the_command_line_lists_and_shows(seeded, everything):
    """The same documents as the API."""
    words = ("--data", seeded.data, "--json", "--at", AT)
    found = program("deadline", "list", "--overdue", "--limit", "1000", *words)
    assert found.returncode == 0, found.stderr
    expected = [one for one in everything if one["overdue"]]
    assert json.loads(found.stdout) == {"deadlines": expected, "is_cut": False}
    shown = program("deadline", "show", everything[0]["instance_id"], *words)
    assert json.loads(shown.stdout) == everything[0]
    table = program("deadline", "list", "--all", "--data", seeded.data)
    assert "working days" in table.stdout
    unknown = program("deadline", "list", "--state", "LATE", "--data", seeded.data)
    assert (unknown.returncode, unknown.stdout) == (2, "")


def test_a_list_that_was_cut_says_so_and_a_slip_is_no_empty_list(seeded):
    """Nothing overdue in a case that there is not would read as good news."""
    for flag, is_cut in (("1", True), ("10000", False)):
        cut = program("deadline", "list", "--all", "--limit", flag, "--data", seeded.data)
        assert ("there are more" in cut.stderr) is is_cut
    cut = program("deadline", "list", "--all", "--limit", "1", "--data", seeded.data, "--json")
    assert json.loads(cut.stdout)["is_cut"] is True
    for slip in (("--row", "D-PEN-99"), ("--case", "case:none")):
        said = program("deadline", "list", *slip, "--data", seeded.data)
        assert (said.returncode, said.stdout) == (2, "")
        assert said.stderr.startswith("lianzheng: there is no ")


def test_a_case_leads_to_its_deadlines_and_back(seeded, everything):
    """The page says what, on which basis, until when."""
    one = next(one for one in everything if one["state"] == "MET" and one["case_id"])
    case = ask(seeded, f"/console/cases/{one['stream_id']}", role="clerk").body.decode()
    assert f'href="/console/deadlines?case={one["stream_id"]}&amp;all=true"' in case
    path = f"/console/deadlines?case={one['stream_id']}&all=true"
    page = ask(seeded, path, role="clerk").body.decode()
    assert f'href="/console/cases/{one["stream_id"]}"' in page
    for words in (one["name"], one["basis"], "按期完成"):
        assert words in page


def test_a_replay_gives_the_same_view(seeded):
    """`view compare deadlines` finds no difference."""
    compared = program("view", "compare", "deadlines", "--data", seeded.data)
    assert compared.returncode == 0, compared.stdout + compared.stderr
