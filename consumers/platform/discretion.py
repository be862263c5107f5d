"""Advice on a penalty as an act: the range of the benchmark in force, the choice and its reason.

Read before: ``acts``, ``ledger/domain/law_lists.py``. Read next: ``commands``,
``projections/discretion``.

The range is read from the control log, never from who asks (行政处罚法 art. 34). To choose an
amount outside the range needs a reason. The reason is not sealed, because supervisors read it
beside the amount: words that look like personal values are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import ActWriter, Order
from consumers.platform.matter import Matter, ledger_of
from ledger.domain.case import fold_case
from ledger.domain.control_records import day_of
from ledger.domain.law_lists import Benchmark, in_force
from ledger.domain.personal_scan import ScanResult
from ledger.domain.stream import counted_acts
from ledger.errors import RejectedError
from schemas.loader import file_json

ADVICE: Final = "DiscretionAdviceGiven"
FOLLOWED, DEPARTED = "FOLLOWED", "DEPARTED"
_SCHEMA_VERSION: Final = 2  # The first that holds circumstance, chosen amount and reason.
_HANDLER: Final = "HANDLER"
_METHOD_FILE: Final = "discretion/discretion-1.json"


class Choice(NamedTuple):
    """What an officer chose.

    Attributes:
        circumstance: As the benchmark calls it.
        chosen_fen: The fine, fen.
        reason: In the officer's words; needed outside the advised range.
        item_code: The enforcement item; None: the matter's.
        grounds: Facts named as mitigating or aggravating, such as ``mitigation:corrected``.
    """

    circumstance: str
    chosen_fen: int
    reason: str | None = None
    item_code: str | None = None
    grounds: Sequence[str] = ()


def advice_acts(
    matter: Matter, writer: ActWriter, order: Order, choice: Choice, scan: ScanResult
) -> list[UnsealedAct]:
    """Return the act that records advice and choice.

    Args:
        matter: The matter as it is.
        writer: Writes into it.
        order: By whoever chose.
        choice: What was chosen.
        scan: What was found in the choice's words.

    Raises:
        RejectedError: ``NO_ITEM``, ``NO_BENCHMARK``, ``NO_GRADE``, ``REASON_MISSING`` or
            ``PERSONAL_WORDS``.
    """
    # A view may still name who had the case before: whose it is now chooses, by its benchmark.
    order = order._replace(agency_id=matter.owner or order.agency_id)
    if not scan.clean:
        raise RejectedError("PERSONAL_WORDS", "the words show a personal value", pointer="/reason")
    origin = f"{ledger_of(matter.state).name}/log/{matter.log}"
    case = fold_case(counted_acts(matter.acts, matter.state, origin))
    item_code = choice.item_code or case.item_code or order.item_code
    if item_code is None:
        raise RejectedError("NO_ITEM", "the matter names no enforcement item", pointer="/item_code")
    benchmark = _benchmark(matter, order, item_code)
    numbers = [n for n, it in enumerate(benchmark.circumstances) if it == choice.circumstance]
    if not numbers:
        raise RejectedError("NO_GRADE", "no grade has this circumstance", pointer="/circumstance")
    least = min(benchmark.grades[n][0] for n in numbers)
    most = max(benchmark.grades[n][1] for n in numbers)
    is_followed = least <= choice.chosen_fen <= most
    if not is_followed and not (choice.reason or "").strip():
        raise RejectedError("REASON_MISSING", "outside the advised range", pointer="/reason")
    payload = {
        "inputs": _inputs(item_code, numbers, case.party, choice.grounds),
        "version": file_json(_METHOD_FILE)["version"],
        "output": [_fine(least), _fine(most)],
        "officerChoice": FOLLOWED if is_followed else DEPARTED,
        "circumstance": choice.circumstance,
        "benchmarkEventId": benchmark.event_id,
        "chosenFen": choice.chosen_fen,
        "reason": (choice.reason or "").strip() or None,
    }
    order = order._replace(item_code=item_code)
    return [
        writer.write(
            order, ADVICE, order.stream_id, payload, _HANDLER, schema_version=_SCHEMA_VERSION
        )
    ]


def _benchmark(matter: Matter, order: Order, item_code: str) -> Benchmark:
    held = matter.state.benchmarks.get((order.agency_id, item_code), ())
    benchmark = in_force(held, day_of(order.at))
    if benchmark is None:
        raise RejectedError("NO_BENCHMARK", "the agency has no benchmark in force for the item")
    return benchmark


def _inputs(
    item_code: str, numbers: Sequence[int], party: Any, grounds: Sequence[str]
) -> list[dict[str, str]]:
    """Return what the advice rests on; grades are counted from 1 in the benchmark's order."""
    found = [("ITEM", item_code), *(("GRADE", str(number + 1)) for number in numbers)]
    if party is not None:
        found.append(("PARTY_TYPE", str(party["partyType"])))
    found += [("GROUND", ground) for ground in grounds]
    return [{"factor": factor, "value": value} for factor, value in found]


def _fine(amount: int) -> dict[str, Any]:
    return {
        "kind": "FINE",
        "amountFen": amount,
        "objectCommitment": None,
        "durationDays": None,
    }
