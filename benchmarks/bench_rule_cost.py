"""Does an act cost the rules more in a long case or in a large ledger?

Acts of a generated history, judged by all rules and counted by all deadlines, one after the other,
as the engine does it. Each place is timed over a window of acts; wanted are at most 2 for act 2,000
of a case against act 20, at most 1.2 for act 1,000,000 of a ledger against act 10,000, and at most
2 for the last of many annulments in a row against the first.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from report import arguments, finish, median, say

from consumers.supervise.agenda import Agenda
from consumers.supervise.judging import Judging
from consumers.supervise.matters import collect_seldom
from ledger.chain.act import decode_act, encode_act
from ledger.chain.entry import Entry
from tests.support.copied_history import CopiedHistory
from tests.support.ledger_copy import FINGERPRINTS, codec_of

CASES, SMOKE_CASES = 300, 20
LEDGER, SMOKE_LEDGER = 1_000_000, 3_000
LONG, SMOKE_LONG = 2_000, 300
EARLY_IN_LEDGER = 10_000
WINDOW = 10  # Acts before and behind the 20th and the last of a case.
ROUNDS = 15
SEED = 20_261_127
LOG = "0"


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--acts", type=int, default=None, help="acts of the ledger")
    options = parser.parse_args()
    history = CopiedHistory(SMOKE_CASES if options.smoke else CASES, SEED)
    collect_seldom()  # As the engine's own process does.
    say(f"{history.size:,} entries a copy")
    long = SMOKE_LONG if options.smoke else LONG
    figures = {**_case(history, long), **_annulments(history, long // 2)}
    figures |= _ledger(history, options.acts or (SMOKE_LEDGER if options.smoke else LEDGER))
    finish({**figures, "entries_a_copy": history.size, "rounds": ROUNDS})


def _case(history: CopiedHistory, long: int) -> dict[str, Any]:
    """Compare the twentieth act of a case with the last one of a long one: the same acts."""
    entries = history.acts_of_one_stream(long)
    tail = entries[-2 * WINDOW :]
    short = _renumbered([*entries[:WINDOW], *tail])
    judging = history.judging()
    early = [_seconds(_fresh(judging), short, 2 * WINDOW) for _ in range(ROUNDS)]
    say("act 20 of a case")
    late = [_seconds(_fresh(judging), entries, 2 * WINDOW) for _ in range(ROUNDS)]
    say(f"act {long:,}")
    return {
        "act_20_us": min(early) * 1e6 / (2 * WINDOW),
        "last_act_us": min(late) * 1e6 / (2 * WINDOW),
        "acts_of_case": long,
        "case_ratio": median([min(late) / min(early)]),
    }


def _annulments(history: CopiedHistory, count: int) -> dict[str, Any]:
    """Compare the first annulments in a row with the last ones."""
    acts = history.acts_of_one_stream(count)
    entries = _renumbered([*acts, *(_annulment(entry) for entry in acts)])
    first, last, judging = [], [], history.judging()
    for _ in range(max(3, ROUNDS // 5)):
        _seconds(_fresh(judging), entries[:count], 1)
        first.append(_seconds(judging, entries[count : count + count // 10], count // 10))
        rest = entries[count + count // 10 :]
        last.append(_seconds(judging, rest, count // 10))
    say(f"{count:,} annulments in a row")
    return {"annulments": count, "annulment_ratio": median([min(last) / min(first)])}


def _ledger(history: CopiedHistory, count: int) -> dict[str, Any]:
    """Compare the acts around the 10,000th of a ledger with the same acts at its end."""
    window = min(EARLY_IN_LEDGER, history.size) // 2
    copies = count // history.size
    judging, begun = history.judging(), time.perf_counter()
    early = _seconds(judging, history.entries(history.size), window)
    middle = (copies - 2) * history.size
    _seconds(judging, history.entries(middle, history.size), 1)
    say(f"{history.size + middle:,} acts in {time.perf_counter() - begun:,.0f} s")
    ends = [  # Two, since the machine has other things to do.
        _seconds(judging, history.entries(history.size, copy * history.size), window)
        for copy in (copies - 1, copies)
    ]
    again = _seconds(_fresh(judging), history.entries(history.size), window)
    return {
        "ledger_acts": copies * history.size,
        "early_act_us": min(early, again) * 1e6 / window,
        "late_act_us": min(ends) * 1e6 / window,
        "ledger_ratio": median([min(ends) / min(early, again)]),
    }


def _seconds(judging: Judging, entries: Iterable[Entry], window: int) -> float:
    """Judge entries; return the processor seconds of the last ``window``."""
    spent: list[float] = []
    for entry in entries:
        begun = time.thread_time()
        judging.derive(LOG, entry)
        spent.append(time.thread_time() - begun)
        if len(spent) > 2 * window:
            del spent[:-window]
    return sum(spent[-window:])


def _fresh(judging: Judging) -> Judging:
    """Have nothing in memory of the log."""
    judging.go_on(LOG, None, Agenda())
    return judging


def _renumbered(entries: Sequence[Entry]) -> list[Entry]:
    return [
        entry._replace(
            leaf_index=index,
            stream_version=index + 1,
            received_at=entries[0].received_at + index,
        )
        for index, entry in enumerate(entries)
    ]


def _annulment(entry: Entry) -> Entry:
    act = decode_act(entry.act)
    payload = {"targetEventId": act.event_id, "proposalEventId": act.event_id}
    annulled = act._replace(
        event_id=bytes([act.event_id[0] ^ 0xFF]) + act.event_id[1:],
        event_type="EventAnnulled",
        schema_version=1,
        payload_schema=FINGERPRINTS["EventAnnulled", 1],
        payload=codec_of("EventAnnulled").encode(payload),
    )
    return entry._replace(act=encode_act(annulled))


if __name__ == "__main__":
    main()
