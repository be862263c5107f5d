"""``lianzheng alert``: what the violation rules found, why, and whether that is all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption, naming_a_stream

if TYPE_CHECKING:
    from consumers.supervise.dry_run import Compared
    from consumers.supervise.reevaluation import Reevaluation

app = typer.Typer(
    name="alert", help="Alerts of the violation rules: list, show, explain.", no_args_is_help=True
)
AlertArgument = Annotated[
    str, typer.Argument(metavar="ALERT", help="Id of an alert, 64 hex digits.")
]
LISTED_MAX = 10_000


@app.command("list")
def list_alerts(
    rule: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this rule only, such as V-COE-07.")
    ] = None,
    case: Annotated[str | None, typer.Option(metavar="ID", help="Of this case only.")] = None,
    severity: Annotated[
        str | None, typer.Option(metavar="WORD", help="CRITICAL, HIGH, MEDIUM or LOW only.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="RAISED, ACKNOWLEDGED, EXPLAINED or RESOLVED only."),
    ] = None,
    mark: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="LATE_CURE or DISCOVERED_LATE only."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=LISTED_MAX, help="At most so many.")] = 50,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """List alerts, the newest first; a list that was cut says so (--json: is_cut)."""
    from portal.programs import alerts
    from projections.supervision.view import AlertQuery

    query = AlertQuery(rule_id=rule, severity=severity, state=state, stream_id=case, mark=mark)
    with naming_a_stream():
        found, is_cut = alerts.list_alerts(data, query, limit)
    if as_json:
        output.emit_json({"alerts": found, "is_cut": is_cut})
        return
    rows = [
        (
            one["raised_at"][:19].replace("T", " "),
            one["severity"],
            one["rule_id"],
            " ".join(filter(None, (one["state"], one["mark"]))),
            one["stream_id"],
            one["alert_id"],
        )
        for one in found
    ]
    output.show_table(rows, ("raised", "severity", "rule", "state", "stream", "alert"))
    output.say_cut(len(found), is_cut=is_cut)


@app.command()
def show(
    alert: AlertArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False
) -> None:
    """Show one alert: rule, trigger, causes, who answers for it, and what became of it."""
    from portal.programs.alerts import show_alert

    document = show_alert(data, alert)
    if as_json:
        output.emit_json(document)
        return
    document["causes"] = " ".join(document["causes"])
    for part, people in document.pop("responsible").items():
        document[part] = ", ".join(one["officer_id"] for one in people) or "nobody"
    decided = document.pop("accountability")
    document["accountability"] = (
        "; ".join(f"{one['officer_id']} {one['measure']}" for one in decided["decisions"])
        or decided["state"]
    )
    for name, value in document.items():
        if value is not None:
            output.show(f"{name:18} {value}")


@app.command()
def explain(
    alert: AlertArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False
) -> None:
    """Say in words what was violated, by which act, and which acts show it."""
    from portal.programs.alerts import explain_alert

    document = explain_alert(data, alert)
    if as_json:
        output.emit_json(document)
        return
    for line in explanation(document):
        output.show(line)


def explanation(document: dict[str, Any]) -> list[str]:
    """Return the lines that explain an alert."""
    rule = document["rule"] or {"text": "规则集没有这条规则的说明", "basis": ""}
    version = document["rule_set_version"]
    lines = [
        f"{document['rule_id']}  {document['severity']}  {rule['text']}",
        f"basis      {rule['basis'] or '-'}",
        f"rule set   {version}",
        f"stream     {document['stream_id']}",
        f"agency     {document['agency_name'] or document['agency_id']}",
        f"state      {document['state']}",
        f"raised     {document['raised_at']}",
        *_remarks(document),
        f"trigger    {_sentence(document['acts'][0])}" if document["acts"] else "trigger    -",
    ]
    return lines + [f"cause      {_sentence(act)}" for act in document["acts"][1:]]


def _remarks(document: dict[str, Any]) -> Iterator[str]:
    """Yield what is said of an alert beside its state: what came late, how persons compare."""
    if by := document["late_cured_by"]:
        yield f"LATE_CURE  event {by}, received {document['late_cured_at']}, changes nothing"
    if by := document["discovered_by"]:
        yield f"DISCOVERED_LATE  event {by} took the credential away, received after the causes"
    if document["compared_by"]:
        yield "compared   one natural person, by the vault's keyed index alone; no number was read"


def _sentence(act: dict[str, Any]) -> str:
    if "event_type" not in act:
        return f"event {act['event_id']}, in another stream"
    return (
        f"{act['term']} ({act['event_type']}), version {act['version']}, entry "
        f"{act['leaf_index']}, occurred {act['occurred_at']}, received {act['received_at']}"
    )


@app.command("dry-run")
def dry_run(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Judge the whole ledger again from nothing, and compare what follows with what it has.

    Alerts, missed deadlines, lapsed reviews, ended disclosures and duties to publish. Exit status:
    0 they are the same, 10 one is there that does not follow from the entries, or with other
    bytes, 11 one is not there that should be.
    """
    from portal.programs.alerts import run_dry

    progress = output.Progress("judging", 0)
    found = run_dry(data, progress.update)
    progress.finish()
    code = 10 if not found.is_sound else 0 if found.is_complete else 11
    if as_json:
        names = ("deadlines", "reviews", "disclosures", "duties")
        others = {name: getattr(found, name)._asdict() for name in names}
        counted = {"entries": found.entries, **found.alerts._asdict(), **others}
        output.emit_json({**counted, "exit_code": code})
        raise typer.Exit(code)
    output.show(f"{found.entries:,} entries")
    _show_compared("alerts", found.alerts)
    _show_compared("missed deadlines", found.deadlines)
    _show_compared("lapsed reviews", found.reviews)
    _show_compared("ended disclosures", found.disclosures)
    _show_compared("duties to publish", found.duties)
    if found.alerts.others:
        output.show(f"{found.alerts.others:,} alerts of other rules were not compared")
    raise typer.Exit(code)


def _show_compared(what: str, compared: Compared) -> None:
    output.show(f"{compared.derived:,} {what} follow from them")
    for word in ("missing", "different", "surplus"):
        for one in getattr(compared, word):
            output.show(f"  {word} {one}")
    if compared.pending:
        output.show(f"  {compared.pending:,} of them are not there yet: the engine goes on")


@app.command("re-evaluate")
def re_evaluate(
    rules: Annotated[
        str, typer.Option(metavar="VERSION", help="A published rule set, such as 2026.2.")
    ],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Judge the whole ledger by one rule set, and say which alerts it would have otherwise.

    Alerts stay under the rule set under which they arose: nothing is sent and nothing is kept.
    """
    from portal.programs.alerts import reevaluate_by

    progress = output.Progress("judging", 0)
    found = reevaluate_by(data, rules, progress.update)
    progress.finish()
    if as_json:
        output.emit_json(_reevaluation(found, rules))
        return
    output.show(f"{found.entries:,} entries, {found.same:,} alerts as they are")
    for word, listed in (("added", found.added), ("dropped", found.dropped)):
        output.show(f"{len(listed):,} {word} by rule set {rules}")
        for one in listed:
            output.show(f"  {one.rule_id} {one.severity} {one.stream_id} {one.alert_id}")
    output.show(f"{len(found.changed):,} of another severity")
    for one, severity in found.changed:
        output.show(f"  {one.rule_id} {one.severity} -> {severity} {one.stream_id} {one.alert_id}")
    if found.others:
        output.show(f"{found.others:,} alerts of other rules were not compared")


def _reevaluation(found: Reevaluation, version: str) -> dict[str, Any]:
    return {
        "rule_set_version": version,
        "entries": found.entries,
        "same": found.same,
        "added": [one._asdict() for one in found.added],
        "dropped": [one._asdict() for one in found.dropped],
        "changed": [{**one._asdict(), "would_be": severity} for one, severity in found.changed],
        "others": found.others,
    }
