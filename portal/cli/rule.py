"""``lianzheng rule``: the violation rules that are in force, in words."""

from __future__ import annotations

from typing import Annotated

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(name="rule", help="Violation rules: list, show.", no_args_is_help=True)


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


@app.command()
def show(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Id of a rule, such as V-COE-07.")],
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
