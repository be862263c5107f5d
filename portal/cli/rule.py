"""``lianzheng rule``: the violation rules that are in force, in words and by their examples."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption, naming_a_stream

app = typer.Typer(
    name="rule", help="Rules of the law: list, show, test, text, publish.", no_args_is_help=True
)


@app.command("list")
def list_rules(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """List the violation rules of the rule set in force."""
    from portal.programs import alerts

    document = alerts.list_rules(data)
    if as_json:
        output.emit_json(document)
        return
    if not document["rules"]:
        output.say(f"rule set {document['rule_set_version']} has no violation rules")
    rows = [(one["rule_id"], one["severity"], one["text"]) for one in document["rules"]]
    output.show_table(rows, ("rule", "severity", "text"))


RuleArgument = Annotated[
    str, typer.Argument(metavar="RULE", help="Id of a rule, such as V-COE-07.")
]


@app.command()
def show(
    rule: RuleArgument,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show what a rule says, on what basis, and in which rule sets it was published."""
    from portal.programs.alerts import read_rule

    document = read_rule(data, rule)
    if as_json:
        output.emit_json(document)
        return
    output.show(f"{document['rule_id']}  {document['severity']}  {document['text']}")
    output.show(f"basis      {document['basis']}  [{document['known']}]")
    output.show(f"in force   {'yes' if document['in_force'] else 'no'}")
    output.show(f"looks at   {' '.join(document['event_types']) or '-'}")
    for version in document["versions"]:
        output.show(f"rule set   {version['rule_set_version']}  {version['severity']}")


@app.command("test")
def run_examples(
    rule: RuleArgument,
    case: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="Say what the rule looked at in this case instead."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Judge the rule's examples by the rule itself: what it must find, and what it must not.

    Needs no ledger; exit 1 if an example does not hold. With --case: the entries of a case at
    which a ledger asks the rule, and the alerts it raised there.
    """
    from portal.programs.rule_test import judge_examples, looked_at

    if case is not None:
        with naming_a_stream():
            document = looked_at(data, rule, case)
        if as_json:
            output.emit_json(document)
            return
        rows = [
            (str(one["version"]), one["event_type"], " ".join(one["alert_ids"]) or "-")
            for one in document["entries"]
        ]
        output.show_table(rows, ("no", "act", "alert"))
        return
    document = judge_examples(rule)
    if as_json:
        output.emit_json(document)
    else:
        for one in document["examples"]:
            kind = "found" if one["wanted"] else "nothing"
            output.show(f"{'holds' if one['holds'] else 'FAILS':5}  {kind:7}  {one['name']}")
            for text in one["differences"]:
                output.show(f"       {text}")
    if not document["holds"]:
        raise typer.Exit(1)


@app.command()
def text(
    version: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION]", help="Of a rule set; else the one in force."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Print a published rule set as JSON: numbers, lists, gates, deadlines, words of the rules."""
    import json

    from portal.programs.rule_texts import read_text

    output.show(json.dumps(json.loads(read_text(data, version)), ensure_ascii=False, indent=2))


@app.command()
def publish(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A rule set, or a calendar of one year, in JSON.")
    ],
    effective_from: Annotated[
        datetime | None,
        typer.Option(
            metavar="DATE", formats=["%Y-%m-%d"], help="First day; else as the file says."
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Publish the next rule set or a calendar in a running ledger.

    It is judged by for entries after it, from its first day on; what was judged stays. What it
    would have found before: ``lianzheng alert re-evaluate --rules VERSION``.
    """
    from portal.programs import rule_texts

    read = rule_texts.read_file(file, effective_from.date() if effective_from else None)
    rule_texts.publish(data, read)
    output.show(f"{read.version} is published")
