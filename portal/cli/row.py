"""``lianzheng row``: the rows of the task table, and what in a ledger fulfils each."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(name="row", help="Rows of the task table: list, show.", no_args_is_help=True)


@app.command("list")
def list_rows(as_json: JsonOption = False) -> None:
    """List the 24 rows of the task table; needs no ledger."""
    from portal.programs.rows import row_document
    from schemas.task_rows import load_task_table

    table = load_task_table()
    documents = [row_document(table, row) for row in table.rows.values()]
    if as_json:
        output.emit_json({"source": table.source, "rows": documents})
        return
    rows = [
        (str(one["row"]), one["title"], str(len(one["items"])), due_words(one)) for one in documents
    ]
    output.show_table(rows, ("row", "title", "items", "due"))


@app.command()
def show(
    row: Annotated[
        int, typer.Argument(metavar="N", min=1, max=24, help="Number of the row, 1 to 24.")
    ],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show a row, when it works, and what in this ledger fulfils it.

    Entries are counted among the newest 20,000 of each log.
    """
    from portal.programs.rows import read_row

    document = read_row(data, row)
    if as_json:
        output.emit_json(document)
        return
    for line in _table_lines(document):
        output.show(line)
    for line in _ledger_lines(document):
        output.show(line)


def due_words(document: dict[str, Any]) -> str:
    """Return by when a row is due, in the words of the table."""
    parts = [
        "".join((*due["items"], *due["levels"]))
        + (" " if due["items"] or due["levels"] else "")
        + due["until"]
        for due in document["due"]
    ]
    whole = any(not due["items"] for due in document["due"])
    return "; ".join(parts if whole else [*parts, "持续推进"])


def _table_lines(document: dict[str, Any]) -> list[str]:
    lead = "、".join(document["lead"])
    return [
        f"{document['row']}  {document['title']}",
        *(f"  {one['item']}  {one['text']}" for one in document["items"]),
        f"lead        {lead + '牵头，' if lead else ''}{document['carried_out_by']}",
        f"due         {due_words(document)}",
        f"works when  {document['works_when']}",
        *(
            f"{name:11} {' '.join(document[name])}"
            for name in ("gates", "views", "indicators")
            if document[name]
        ),
    ]


def _ledger_lines(document: dict[str, Any]) -> list[str]:
    scanned = sum(int(count) for count in document["scanned"].values())
    lines = [f"in this ledger (the newest {scanned:,} entries of {len(document['scanned'])} logs)"]
    lines += [
        f"  {one['entries']:>7,}  {one['term']} ({one['event_type']})"
        for one in document["event_types"]
    ]
    lines += [
        f"  newest   {one['received_at'][:19].replace('T', ' ')}  {one['term']}  "
        f"{one['stream_id']}  log {one['log']} entry {one['leaf_index']}"
        for one in document["newest"]
    ]
    lines += [
        f"  {one['alerts']:>7,}  alerts {one['rule_id']} {one['severity'] or '-'} "
        f"{one['text'] or 'not in force'}"
        for one in document["rules"]
    ]
    return lines + [
        f"  deadline {one['deadline_id']} {one['name'] or 'not in force'}"
        for one in document["deadlines"]
    ]
