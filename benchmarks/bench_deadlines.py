"""How long does the page of deadlines take, with 100,000 of them open?

    python benchmarks/bench_deadlines.py [--smoke]

A whole ledger runs as ``lianzheng up`` starts it. Into its view are put as many open deadlines as
asked for and as many that are over: by the rows of the installed rule set, of twenty agencies, half
of the duties overdue. Then the console's page and the API's list are asked for over HTTP, one after
the other on one connection, as a supervisor. Expected before the first run: the index gives the
first twenty of each kind in well under a millisecond, whatever is asked; the rest is the page's own,
some 10 ms. The statements' plans are looked at too: none may read the whole table.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from bench_intake import running_ledger
from bench_proof import percentiles_ms
from report import arguments, finish, say

from ledger.clock import SystemClock
from ledger.domain.control_records import DAY_MICROS
from portal.programs.owner import owner_url
from projections import named_sql
from projections.deadlines.postgres import statement_values
from projections.deadlines.view import DEADLINES, DeadlineQuery, DeadlineRow
from schemas.loader import rule_set_text

OPEN, SMOKE_OPEN = 100_000, 2_000
ASKED, SMOKE_ASKED = 300, 20
AGENCIES = 20
SEED = 20_261_101
PAGE_ROWS = 20
FOLLOWED = 10  # Pages that a reader goes on.
OK = 200


def main() -> None:
    """Fill, ask, and print the figures."""
    options = arguments("answer of the page of deadlines").parse_args()
    count, asked = (SMOKE_OPEN, SMOKE_ASKED) if options.smoke else (OPEN, ASKED)
    with running_ledger("embedded") as (data, run):
        now = SystemClock().now_micros()
        with psycopg.connect(owner_url(data), autocommit=True) as connection:
            fill(connection, count, now)
            plans = {name: plan(connection, name, query, now) for name, query in QUERIES.items()}
        say(f"{count:,} open deadlines and as many that are over")
        token = Path(run["logins"]["supervisor"]["password_file"]).with_suffix(".token")
        figures = measure(run["http"], token.read_text().strip(), asked)
    finish({"open": count, "asked": asked, "plans_ms": plans, **figures})


def agency(number: int) -> str:
    """Return the credit code of an agency."""
    return f"11430100FCT{number:06d}L"


def rows(count: int, now: int) -> Iterator[DeadlineRow]:
    """Yield ``count`` open deadlines and as many that are over, in no order."""
    draw = random.Random(SEED)
    rule_set = json.loads(rule_set_text())
    law = [(row["id"], row.get("kind", "DUTY")) for row in rule_set["deadlines"]["rows"]]
    for number in range(2 * count):
        deadline_id, kind = draw.choice(law)
        due = now + draw.randrange(-200, 200) * DAY_MICROS + draw.randrange(DAY_MICROS)
        is_open = number % 2 == 0
        yield DeadlineRow(
            log="0",
            stream_id=f"case:{number // 4:08x}-9339-4b85-beb0-ead607bbeebf",
            instance_id=draw.randbytes(32).hex(),
            deadline_id=deadline_id,
            rule_set_version=rule_set["version"],
            kind=kind,
            state="OPEN" if is_open else draw.choice(("MET", "MISSED", "CANCELLED")),
            is_outstanding=is_open,
            agency_id=agency(draw.randrange(AGENCIES)),
            case_id=None,
            item_code=None,
            trigger_event_id=draw.randbytes(16).hex(),
            trigger_type="CaseFiled",
            trigger_at=due - 15 * DAY_MICROS,
            period="",
            started_at=due - 15 * DAY_MICROS,
            due_at=None if draw.random() < 0.02 else due,
            provisional=False,
            calendar_version="2026.1",
            pauses="[]",
            extensions=0,
            fulfilled_by=None,
            broken_by=None,
            cancelled_by=None,
            missed_on_record=False,
            changed_at=due - 15 * DAY_MICROS,
            length=15,
            unit="WD",
        )


def fill(connection: psycopg.Connection[Any], count: int, now: int) -> None:
    """Put the deadlines into the view of a ledger that has none, as soon as it is made."""
    while connection.execute("SELECT to_regclass('views.deadline')").fetchone() == (None,):
        time.sleep(0.1)
    names = ", ".join(DEADLINES.column_names)
    copied = connection.cursor().copy(f"COPY views.deadline ({names}) FROM STDIN")
    with copied as copy:
        for row in rows(count, now):
            copy.write_row(row)
    connection.execute("VACUUM ANALYZE views.deadline")


QUERIES = {
    "list_due": DeadlineQuery(),
    "list_of_agency": DeadlineQuery(agency_id=agency(3)),
    "list_of_row": DeadlineQuery(deadline_id="D-PEN-01"),
    "list_any": DeadlineQuery(is_any=True),
}


def plan(connection: psycopg.Connection[Any], name: str, query: DeadlineQuery, now: int) -> float:
    """Return the milliseconds of a statement as PostgreSQL counts them; stop if it scans."""
    values = statement_values(query, now, PAGE_ROWS)
    statement = named_sql.load("projections.deadlines")[name].rstrip(";")
    found = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).fetchone()
    assert found is not None
    explained = found[0][0]
    if '"Seq Scan"' in json.dumps(explained):
        raise SystemExit(f"{name} reads the whole table: {json.dumps(explained)}")
    return float(explained["Execution Time"])


def measure(address: str, token: str, asked: int) -> dict[str, Any]:
    """Return the median and the 99th percentile of each page, in milliseconds."""
    paths = {
        "page": "/console/deadlines",
        "page_overdue": "/console/deadlines?overdue=true",
        "page_agency": f"/console/deadlines?agency={agency(3)}",
        "page_row": "/console/deadlines?row=D-PEN-01",
        "page_all": "/console/deadlines?all=true",
        "api": "/v1/deadlines?limit=20",
    }
    parts = urlsplit(address)
    assert parts.hostname is not None
    figures = {}
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)) as connection:
        paths["api_further"] = further(connection, token, paths["api"])
        for name, path in paths.items():
            times: list[float] = []
            for _ in range(asked):
                begun = time.perf_counter()
                get(connection, token, path)
                times.append(time.perf_counter() - begun)
            p50, p99 = percentiles_ms(times)
            figures[name] = {"p50_ms": p50, "p99_ms": p99}
            say(f"{name}: {figures[name]}")
    return figures


def further(connection: http.client.HTTPConnection, token: str, path: str) -> str:
    """Return the path of a page some pages on."""
    following = path
    for _ in range(FOLLOWED):
        cursor = json.loads(get(connection, token, following))["next_cursor"]
        following = f"{path}&cursor={cursor}"
    return following


def get(connection: http.client.HTTPConnection, token: str, path: str) -> bytes:
    """Return the body of an answer; stop if it is not sound."""
    connection.request("GET", path, headers={"authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != OK:
        raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
    return body


if __name__ == "__main__":
    main()
