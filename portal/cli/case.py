"""``lianzheng case``: what a case is, how it came to be, act by act, and all that proves it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.domain.case_stages import Stage
from ledger.domain.machines import LATE
from ledger.domain.projection import CONTROL_LOG
from ledger.domain.stream import StreamAct
from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption, naming_a_stream
from portal.cli.times import format_time, iso_time, parse_time
from portal.stages import stage_document

app = typer.Typer(name="case", help="Cases: show, replay, export.", no_args_is_help=True)
CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Id of a case, case:<uuid>.")]


@app.command()
def show(case: CaseArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Show what a case is now: status, number, handlers, stages, machines, milestones.

    Acts that were annulled or that another agency wrote are entries and count for nothing else.
    """
    from ledger.domain.case import fold_case
    from ledger.domain.case_stages import case_stages
    from portal.programs.streams import read_acts_beside, read_counted

    with naming_a_stream():
        log, acts, counted = read_counted(data, case)
        beside = read_acts_beside(data, case) if log == CONTROL_LOG else []
    folded = fold_case(counted)
    stages, machines = case_stages(counted), _machines(counted, beside)
    document = {
        "case": case,
        "log": log,
        "status": folded.status,
        "case_no": folded.case_no,
        "item_code": folded.item_code,
        "handlers": sorted(folded.handlers),
        "entries": len(acts),
    }
    if as_json:
        moments = {name: iso_time(at) for name, at in folded.milestones.items()}
        staged = [stage_document(stage) for stage in stages]
        output.emit_json({**document, "milestones": moments, "stages": staged, **machines})
        return
    for name in ("case", "log", "status", "case_no", "item_code", "entries"):
        output.show(f"{name:10} {document[name]}")
    output.show(f"handlers   {', '.join(sorted(folded.handlers))}")
    for stage in stages:
        output.show(f"  {stage.cn}  {_stage_words(stage)}")
    for one in machines["machines"]:
        output.show(f"  {_machine_words(one, case)}")
        for step in one["irregular"]:
            output.show(f"    {_irregular_words(step)}")
    if (left := int(machines["machines_total"]) - len(machines["machines"])) > 0:
        output.show(f"  and {left} machines more")
    for name, at in folded.milestones.items():
        output.show(f"  {format_time(at)}  {name}")


@app.command()
def replay(
    case: CaseArgument,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only what the ledger held at this time.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N entries.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Replay a case in the order of its chain, as of now, a time, or a version."""
    until = None if at is None else parse_time(at)
    log, acts = _acts(data, case)
    if until is not None:
        acts = [act for act in acts if act.entry.received_at <= until]
    if version is not None:
        if version > len(acts):
            output.say(f"{case} has {len(acts)} entries, not {version}; these are all of them")
        acts = acts[:version]
    if as_json:
        output.emit_json({"case": case, "log": log, "entries": [entry_document(a) for a in acts]})
        return
    terms = _terms()
    rows = [
        (
            str(act.entry.stream_version),
            str(act.entry.leaf_index),
            format_time(act.act.occurred_at),
            format_time(act.entry.received_at),
            terms.get(act.event_type, act.event_type),
            " ".join(actor.officer_id for actor in act.act.actors) or act.act.emitter_id,
        )
        for act in acts
    ]
    output.show(f"{case}  log {log}  {len(acts)} entries")
    output.show_table(rows, ("no", "leaf", "occurred", "received", "act", "by"))


@app.command()
def export(
    case: CaseArgument,
    target: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of the package; new or empty.", file_okay=False),
    ],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Export the case package: every entry with its proof, for who has neither ledger nor network.

    The newest anchor has to cover the case: ``lianzheng ledger anchor``. What was exported is
    verified with: ``lianzheng verify dossier DIR --vkey log-control.vkey``.
    """
    from portal.cli.dossier import report_document
    from portal.programs.case_package import export_case

    with naming_a_stream():
        report = export_case(data, case, target)
    if as_json:
        output.emit_json({**report_document(report), "folder": str(target)})
        return
    output.show(
        f"{case}: {report.entries} entries of {report.origin} (size {report.size:,}), none left "
        f"out below size {report.anchored_size:,}, in {target}"
    )


def _stage_words(stage: Stage) -> str:
    if stage.versions:
        return "entries " + " ".join(map(str, stage.versions))
    if stage.absence is not None:
        return f"absent, entry {stage.absence}: {stage.reason}"
    return "absent, and nothing recorded says why"


def entry_document(act: StreamAct) -> dict[str, Any]:
    """Return an entry as JSON: envelope and payload, commitments as hex.

    The payload is what the act says, so its times stay microseconds.
    """
    return {
        "version": act.entry.stream_version,
        "leaf_index": act.entry.leaf_index,
        "received_at": iso_time(act.entry.received_at),
        "control_size": act.entry.control_size,
        "opened": act.entry.opened,
        "event_id": act.act.event_id.hex(),
        "event_type": act.event_type,
        "occurred_at": iso_time(act.act.occurred_at),
        "agency_id": act.act.agency_id,
        "emitter_id": act.act.emitter_id,
        "actors": [actor._asdict() for actor in act.act.actors],
        "payload": _plain(act.payload),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _machine_words(one: dict[str, Any], case: str) -> str:
    about = "" if one["subject"] == case else f" {one['subject']}"
    led = one["led_by"]
    by = "" if led is None else f", by entry {led['version']} {led['term']}"
    ended = "" if one["ended_at"] is None else f", by time {one['ended_at']}"
    return f"{one['name']}{about}  {one['state_name']} {one['state']}{by}{ended}"


def _irregular_words(step: dict[str, Any]) -> str:
    if step["kind"] == LATE:
        return f"entry {step['version']} {step['term']}: came late, had happened before"
    alerts = " ".join(one[:12] for one in step["alert_ids"]) or "no alert yet"
    return (
        f"entry {step['version']} {step['term']}: no arrow from {step['before']}, "
        f"{step['rule_id']}: {alerts}"
    )


def _machines(counted: list[StreamAct], beside: list[StreamAct]) -> dict[str, Any]:
    from ledger.clock import SystemClock
    from portal.machines import machines_document

    terms = _terms()
    return machines_document(
        counted,
        SystemClock().now_micros(),
        lambda item: terms.get(item.event_type, item.event_type),
        beside,
    )


def _terms() -> dict[str, str]:
    from schemas.catalogue import load_catalogue

    return {row.type: row.cn for row in load_catalogue().rows.values()}


def _acts(data: Path, case: str) -> tuple[str, list[StreamAct]]:
    from portal.programs.streams import read_acts

    with naming_a_stream():
        return read_acts(data, case)
