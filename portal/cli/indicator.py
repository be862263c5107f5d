"""``lianzheng indicator``: the indicators of supervision, and the acts behind each number."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(
    name="indicator", help="Indicators of supervision: list, show.", no_args_is_help=True
)
LISTED_MAX = 10_000


class Outcome(StrEnum):
    """Which facts of an indicator are listed."""

    ALL = "ALL"
    IN = "IN"
    OUT = "OUT"
    PENDING = "PENDING"


AsOfOption = Annotated[
    str | None,
    typer.Option(metavar="T", help="By what the ledger had received then; RFC 3339. Default: now."),
]
AgencyOption = Annotated[str | None, typer.Option(metavar="ID", help="Of this agency only.")]
PeriodOption = Annotated[
    str | None, typer.Option(metavar="PERIOD", help="Of a year or month only: 2026, 2026-11.")
]


@app.command("list")
def list_indicators(
    as_of: AsOfOption = None,
    agency: AgencyOption = None,
    period: PeriodOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """List every indicator that is computed, with its counts."""
    from portal.programs import indicators

    found = indicators.list_indicators(data, indicators.asked(as_of, agency, period))
    if as_json:
        output.emit_json({"indicators": found})
        return
    rows = [(one["indicator_id"], one["cn"], fraction(one), one["rate"], aim(one)) for one in found]
    output.show_table(rows, ("indicator", "name", "counts", "rate", "target"))


@app.command()
def show(
    indicator: Annotated[
        str, typer.Argument(metavar="INDICATOR", help="Id of an indicator, such as K-01.")
    ],
    as_of: AsOfOption = None,
    agency: AgencyOption = None,
    period: PeriodOption = None,
    outcome: Annotated[
        Outcome, typer.Option(help="Acts in the numerator, not in it, not due yet, or all.")
    ] = Outcome.ALL,
    limit: Annotated[int, typer.Option(min=1, max=LISTED_MAX, help="At most so many acts.")] = 20,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show one indicator: formula, counts, and the acts behind them, the newest first."""
    from portal.programs import indicators

    wanted = indicators.asked(as_of, agency, period)
    document = indicators.read_indicator(data, indicator, wanted, outcome.value, limit)
    if as_json:
        output.emit_json(document)
        return
    output.show(f"{document['indicator_id']}  {document['cn']}  {document['formula']}")
    output.show(f"counts     {fraction(document)}  {document['rate']}")
    if document["target_percent"] is not None:
        output.show(f"target     {aim(document)}  {document['target_source']}")
    if document["pending"]:
        output.show(f"pending    {document['pending']}")
    if document["median"] is not None:
        output.show(f"median     {document['median']} {document['value_unit']}")
    if document["newest_age_micros"] is not None:
        output.show(f"newest     {int(document['newest_age_micros']) // 1_000_000} s ago")
    rows = [
        (one["day"], one["outcome"], one["event_type"], one["stream_id"], one["event_id"])
        for one in document["items"]
    ]
    output.show_table(rows, ("day", "counted", "act", "stream", "event"))
    output.say_cut(len(rows), is_cut=document["is_cut"])


def fraction(one: dict[str, Any]) -> str:
    """Return both counts."""
    return f"{one['numerator']}/{one['denominator']}"


def aim(one: dict[str, Any]) -> str:
    """Return the target and whether it is reached; a dash where there is none."""
    if one["target_percent"] is None:
        return "-"
    word = {True: "reached", False: "not reached", None: "-"}[one["is_target_reached"]]
    return f">= {one['target_percent']}% {word}"
