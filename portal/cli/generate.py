"""``lianzheng generate``: realistic acts of many emitters, in time order, with their openings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import JsonOption
from portal.cli.times import parse_time


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command()
    def generate(
        out: Annotated[
            Path,
            typer.Option(
                "-o", "--output", metavar="FILE.avro", help="File to write.", dir_okay=False
            ),
        ],
        cases: Annotated[int, typer.Option(min=1, help="Number of penalty cases.")] = 100,
        seed: Annotated[int, typer.Option(help="Same seed and times, same bytes.")] = 1,
        until: Annotated[
            str | None,
            typer.Option(metavar="TIME", help="When the newest acts happen; now if absent."),
        ] = None,
        violations: Annotated[
            float, typer.Option(metavar="RATE", min=0.0, max=1.0, help="Share of cases with one.")
        ] = 0.1,
        as_json: JsonOption = False,
    ) -> None:
        """Write acts and platform commands to FILE.avro, planted violations to FILE.truth.json.

        --violations plants one fault in that share of the cases, the kinds in turn; all else keeps
        the law. A fault that the platform would have prevented is told by an agency's own system,
        or is a command that a gate has to refuse.

        FILE.truth.json is {"violations": [{"rule_id", "stream_id", "trigger_event_id"}]}. Each line
        is an alert of that rule in that stream, and the act named is one of its causes; where the
        platform itself breaks the rule, it is the agency's act that it is about. Nothing else may
        raise an alert.
        """
        from consumers.generate.history import generate as write_cases
        from ledger.clock import SystemClock

        end = parse_time(until) if until else SystemClock().now_micros()
        summary = write_cases(cases, seed, end, violations, out)
        if as_json:
            output.emit_json(summary)
            return
        for name, value in summary.items():
            output.show(f"{name:20} {value}")
