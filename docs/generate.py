"""Write the pages that are made from code and data; with --check say which would change."""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
DOCS = ROOT / "docs"
RULE_TYPES_SHOWN = 6  # Of a rule that looks at more, only how many.

TYPE_UNITS = {"date": "day, Asia/Shanghai", "timestamp-micros": "microseconds, UTC"}
# The first that a name ends with; a number without one is a count.
NAME_UNITS = {
    "Fen": "fen (0.01 CNY)",
    "WorkingDays": "working days",
    "Days": "days",
    "Ms": "milliseconds",
    "DurationS": "seconds",
    "durationS": "seconds",
    "Micro": "microdegrees",
    "Bytes": "bytes",
    "Percent": "per cent",
}

from asyncapi_document import asyncapi_page  # noqa: E402 - found beside this file.
from machine_diagrams import machines_page  # noqa: E402


def cli_page() -> str:
    """Return the help of every command."""
    os.environ["COLUMNS"] = "100"
    import typer
    from typer.testing import CliRunner

    from portal.cli import main

    main.register_commands()
    runner = CliRunner()
    root = typer.main.get_command(main.app)
    lines = ["# Command line", "", "Made by `make docs` from `--help`.", ""]
    for path in command_paths(root, []):
        text = runner.invoke(main.app, [*path, "--help"], prog_name="lianzheng").output
        body = "\n".join(line.rstrip() for line in text.strip().splitlines())
        lines += [f"## lianzheng {' '.join(path)}".rstrip(), "", "```text", body, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def command_paths(command, path):
    """Yield the words of each command, the group before its members."""
    yield path
    for name, child in sorted(getattr(command, "commands", {}).items()):
        if not child.hidden:
            yield from command_paths(child, [*path, name])


def settings_page() -> str:
    """Return every setting of the role programs."""
    from portal.cli.settings import CommandSettings, RoleSettings
    from portal.settings import PortalSettings

    lines = [
        "# Settings",
        "",
        "Made by `make docs`. Each is read once at the start of a program; an unknown `LEDGER_*` name ends it with exit 2.",
        "",
    ]
    lines += [
        "`LEDGER_DATABASE_URL_FILE` names a file that holds the connection string instead.",
        "",
        "Commands take `LEDGER_DATA` for `--data`. `ledger create` and `recover` take `LEDGER_DATABASE_URL`, and `create` also `LEDGER_KAFKA`, where `--database` and `--broker` are not given.",
        "`ledger status`, `check`, `anchor` and `rotate-transport-key`, `view`, `case`, `alert`, `rule`, `row show`, `indicator`, `reconciliation`, `statistics`, `verify stream` and `emitter` take both where the ledger's roles are separate programs; of a ledger of `lianzheng up`, `run.json` says them. Which database role each needs: [run in production](../howto/run-in-production.md).",
        "",
        "`LEDGER_TILE_STORE` holds for commands too: `up`, `demo`, `ledger create`, `status`, `check`, `anchor` and `recover`, `export log`, `verify stream`, `case`, `alert explain` and `dry-run`, `rule`, `row show`, `view compare` and `rebuild`.",
        "With `s3://BUCKET[/PREFIX]` the bucket's address and credentials are the environment's `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`; `AWS_ALLOW_HTTP=true` allows an endpoint without TLS.",
        "The bucket must keep conditional puts (`If-Match`, `If-None-Match`), or nothing starts. Appenders write to it, projections, the engine of the rules, the portal and commands read; the relay needs neither the setting nor the credentials.",
        "A ledger started with another store than its own ends with exit 10: no promise is there.",
        "",
    ]
    models = (
        ("append, project, relay, supervise", RoleSettings),
        ("portal", PortalSettings),
        ("commands", CommandSettings),
    )
    for title, model in models:
        lines += [f"## {title}", "", "| variable | default | meaning |", "| --- | --- | --- |"]
        for name, field in model.model_fields.items():
            default = "required" if field.is_required() else f"`{field.default}`"
            default = "empty" if str(field.default) == "" else default
            lines.append(f"| `LEDGER_{name.upper()}` | {default} | {field.description} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def catalogue_page() -> str:
    """Return the catalogue of event types with their fields."""
    from schemas.catalogue import load_catalogue
    from schemas.loader import event_schemas

    texts = event_schemas()
    rows = load_catalogue().rows.values()
    lines = [
        "# Event types",
        "",
        f"Made by `make docs` from `schemas/catalogue.yaml` and the `.avsc` files: {len(rows)} types.",
        "Ids of rules and deadlines say what the law ties to a type; how they count is the rule set's.",
        "",
    ]
    for row in rows:
        lines += [f"## {row.type} {row.cn}", ""]
        notes = [
            f"log {row.log}",
            f"aggregate {row.aggregate}",
            f"stream {row.stream}",
            "from " + ", ".join(row.emitters),
        ]
        notes += ["public"] if row.public else []
        notes += ["made by the ledger"] if row.made_by_ledger else []
        notes += [f"gate {row.gate}"] if row.gate else []
        law = [f"{name} {', '.join(ids)}" for name, ids in row.law.named().items()]
        lines += ["; ".join(notes) + ".", *(["; ".join(law) + "."] if law else [])]
        lines += [
            "",
            "| field | term | class | type | unit | required |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        newest = max(version for event_type, version in texts if event_type == row.type)
        fields = json.loads(texts[row.type, newest])["fields"]
        lines += [field_row(field) for field in fields]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def field_row(field) -> str:
    """Return the table row of a top-level field."""
    name, node = field["name"], field["type"]
    is_optional = isinstance(node, list)
    bare = type_name(node[1] if is_optional else node)
    required = "" if is_optional else "yes"
    cells = (f"`{name}`", field["cn"], field["class"], bare, unit_of(name, bare), required)
    return f"| {' | '.join(cells)} |"


def unit_of(name, type_word) -> str:
    """Return the unit of a field: that of its type, else the one that its name ends with."""
    if type_word in TYPE_UNITS:
        return TYPE_UNITS[type_word]
    is_number = type_word in ("int", "long", "array of int", "array of long")
    units = (unit for end, unit in NAME_UNITS.items() if is_number and name.endswith(end))
    return next(units, "")


def type_name(node) -> str:
    """Return a short name of an Avro type."""
    if isinstance(node, list):
        return "null or " + type_name(node[1])
    if isinstance(node, str):
        return node
    if node["type"] == "array":
        return "array of " + type_name(node["items"])
    if node["type"] in ("record", "enum", "fixed"):
        return node["name"]
    return node.get("logicalType", node["type"])


def gates_page() -> str:
    """Return the gates of the default rule set, with their rules."""
    from schemas.loader import rule_set_text

    rules = json.loads(rule_set_text())
    lines = [
        "# Gates of the default rule set",
        "",
        f"Made by `make docs` from the installed rule set, version {rules['version']}.",
        "",
    ]
    for gate, ids in rules["gates"].items():
        lines += [
            f"## {gate}",
            "",
            "| rule | severity | text | basis |",
            "| --- | --- | --- | --- |",
        ]
        for rule_id in ids:
            rule = rules["rules"][rule_id]
            lines.append(f"| {rule_id} | {rule['severity']} | {rule['text']} | {rule['basis']} |")
        lines.append("")
    lines += ["## Numbers", "", "| name | value |", "| --- | --- |"]
    lines += [f"| `{name}` | {value} |" for name, value in rules["numbers"].items()]
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """Return the violation rules of the default rule set, one table row each."""
    from ledger.rules.day_close.book import DAY_RULES_BY_ID
    from ledger.rules.violations.book import BOOK
    from schemas.loader import rule_set_text

    rules = json.loads(rule_set_text())
    lines = [
        "# Violation rules",
        "",
        f"Made by `make docs` from the rule set {rules['version']} and `ledger/rules/violations`: {len(rules['violations'])} rules.",
        "What happened is recorded and never refused; a rule says what the law says of it ([derived acts](../spec/derived.md)). `lianzheng rule show ID` shows one of a ledger.",
        "Known: L the article was read, P an excerpt says it, S the task table says it, M from memory, R policy of the product.",
        "",
        "| id | severity | rule | basis | known | judged at | examples |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rule_id, row in sorted(rules["violations"].items()):
        file = f"schemas/rules/examples/{rule_id}.json"
        count = len(json.loads((ROOT / file).read_text())["examples"])
        judged = _judged_at(BOOK.rules.get(rule_id), DAY_RULES_BY_ID.get(rule_id))
        test = f"[{count}](../../{file})"
        cells = (row["severity"], row["text"], row["basis"], row["known"], judged, test)
        lines.append(f"| {rule_id} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _judged_at(rule, day_rule) -> str:
    """Return at which acts a rule is judged, and whether when a day is over."""
    types = set() if rule is None else rule.event_types
    words = [", ".join(sorted(types)) if len(types) <= RULE_TYPES_SHOWN else f"{len(types)} types"]
    if day_rule is not None:
        kinds = day_rule.event_types
        words.append(f"day close: {'all types' if kinds is None else ', '.join(sorted(kinds))}")
    return "; ".join(word for word in words if word)


def rows_page() -> str:
    """Return the rows of the task table, and what carries each."""
    from portal.cli.row import due_words
    from portal.programs.rows import row_document
    from schemas.catalogue import load_catalogue
    from schemas.loader import rule_set_text
    from schemas.task_rows import load_task_table

    table = load_task_table()
    rules = json.loads(rule_set_text())
    names = {row["id"]: row["name"] for row in rules["deadlines"]["rows"]}
    terms = {row.type: row.cn for row in load_catalogue().rows.values()}
    lines = [
        "# Rows of the task table",
        "",
        f"Made by `make docs` from `schemas/rows/rows.yaml`: the {len(table.rows)} rows of {table.source}, when each works, and what carries it. `lianzheng row show N` says what in a ledger fulfils it.",
        "Ids are those of [event types](catalogue.md), [gates](gates.md), [violation rules](rules.md) and [deadlines](deadlines.md).",
        "",
    ]
    for row in table.rows.values():
        lead = "、".join(row.lead)
        lines += [f"## {row.number} {row.title}", ""]
        lines += [f"- {number} {text}" for number, text in row.items.items()]
        lines += [
            "",
            f"{lead + '牵头，' if lead else ''}{table.carried_out_by}. Due: {due_words(row_document(table, row))}.",
            "",
            f"**Works when** {row.works_when}.",
            "",
            "| | |",
            "| --- | --- |",
            f"| event types | {', '.join(f'{terms[name]} {name}' for name in row.types)} |",
        ]
        lines += [f"| gates | {', '.join(row.gates)} |"] if row.gates else []
        lines += [
            f"| rule {one} | {rules['violations'][one]['severity']}: {rules['violations'][one]['text']} |"
            for one in row.rules
        ]
        lines += [f"| deadline {one} | {names[one]} |" for one in row.deadlines]
        for name in ("views", "indicators"):
            found = getattr(row, name)
            lines += [f"| {name} | {', '.join(found)} |"] if found else []
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def deadlines_page() -> str:
    """Return the deadlines of the default rule set, one table row each."""
    from schemas.loader import rule_set_text

    rules = json.loads(rule_set_text())
    rows = rules["deadlines"]["rows"]
    lines = [
        "# Deadlines of the default rule set",
        "",
        f"Made by `make docs` from the deadline files of `schemas/rules`, rule set {rules['version']}: {len(rows)} deadlines. How they are computed: [spec/deadlines](../spec/deadlines.md).",
        "",
        "Units: WD working days, CD calendar days, H hours, M months, Y years, DATE the day that is named. How well known: L read in the statute, P read in an excerpt, S in the task table, M from memory, R policy of the platform. A severity of none is informational.",
        "",
        "`lianzheng supervise` sends `DeadlineMissed` of what is not done in time; of D-DIS-05, D-ORG-01 and D-ORG-02, which run over all acts of an agency, when a day is closed.",
        "",
        "| id | name | kind | trigger | length | rolls | fulfilled by | extended, paused, cancelled or broken by | source | known | severity |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(deadline_row, rows)]) + "\n"


def indicators_page() -> str:
    """Return the indicators that are computed, one table row each."""
    from projections.indicators.definitions import FILE, groups, indicators

    lines = [
        "# Indicators",
        "",
        f"Made by `make docs` from `schemas/{FILE}`: {len(indicators())} indicators. `lianzheng indicator list`, `GET /v1/indicators`, page 指标.",
        "",
        "A number is two counts over acts, and each act is listed behind it; K-21 is standard deviation and mean of the fines behind it. Whether a deadline was kept or a rule broken is not judged a second time: `DeadlineMissed` and `SupervisionAlertRaised` decide, so a number is as far as the engine of the rules has come. A fact that nothing has decided yet is pending and in neither count. A denominator of 0 gives no rate. As of an earlier moment: by what the ledger had received then (`receivedAt`); to which year or month a fact belongs, by when it happened (`occurredAt`) or by the date that the column names. An act counts if it counts for a gate ([gates](../spec/gates.md)): what a stranger agency wrote into a matter makes no number. An annulled act counts no more from its annulment on, and what it had met, excused or failed is as if it had never come; an annulment may also come before its act. A corrected act (`EventCorrected`) counts as corrected, from the correction on. Lists of recorded steps, inspection items and benchmarks are those that the control log had when the act was entered, in force on its day. Nothing in the platform sends `ChainVerified`; until an auditor's system does, no segment of K-28 is verified. One question may take 10 seconds, then it is answered 503 `QUESTION_TOO_COSTLY`.",
        "",
        "| id | name | group | numerator | denominator | period by | target |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in indicators().values():
        target = "" if one.target is None else f"≥ {one.target.percent} %（{one.target.source}）"
        columns = (
            one.id,
            one.cn,
            groups()[one.group],
            one.numerator,
            one.denominator,
            one.period,
            target,
        )
        lines.append("| " + " | ".join(columns) + " |")
    return "\n".join(lines) + "\n"


def deadline_row(row) -> str:
    """Return the table row of a deadline."""
    kind = row.get("kind", "DUTY") + (" backward" if row.get("direction") == "BACKWARD" else "")
    effects = [
        f"{word} {types}"
        for word, role in (("x:", "extends"), ("p:", "pauses"), ("c:", "cancels"), ("b:", "breaks"))
        if (types := role_types(row.get(role, [])))
    ]
    source = "；".join([row["source"], *([row["note"]] if "note" in row else [])])
    name = row["name"] + (f"（{row['deemed']}）" if "deemed" in row else "")
    columns = [
        row["id"],
        name,
        kind,
        role_types(row["starts"]) + (f", every {row['every'].lower()}" if "every" in row else ""),
        deadline_lengths(row),
        "yes" if row.get("roll") else "",
        role_types(row.get("fulfils", [])),
        "<br>".join(effects),
        source,
        row["tag"],
        row.get("severity", "none"),
    ]
    return f"| {' | '.join(columns)} |"


def role_types(entries) -> str:
    """Return the event types of a role, each once."""
    names = []
    for entry in entries:
        fields = {"type": entry} if isinstance(entry, str) else entry
        if fields.get("off"):
            continue
        types = fields.get("type", f"end of {fields.get('deadline')}")
        names += [types] if isinstance(types, str) else types
    return ", ".join(dict.fromkeys(names))


def deadline_lengths(row) -> str:
    """Return the lengths that a deadline can have, the row's own first."""
    if "month_day" in row:
        return row["month_day"]
    found = [] if row["unit"] == "DATE" else [f"{row['length']} {row['unit']}"]
    for start in row["starts"]:
        if isinstance(start, dict) and start.get("permanent"):
            found.append("for ever")
        elif isinstance(start, dict) and "on" in start:
            found.append("DATE")
        elif isinstance(start, dict) and "length" in start:
            found.append(f"{start['length']} {start.get('unit', row['unit'])}")
    more = [
        f"+{it['most']}" for it in row.get("extends", []) if isinstance(it, dict) and "most" in it
    ]
    return " / ".join(dict.fromkeys(found)) + (f" ({', '.join(more)})" if more else "")


def errors_page() -> str:
    """Return the error tree."""
    import ledger.errors

    text = ledger.errors.__doc__ or ""
    return (
        "# Errors\n\nMade by `make docs` from `ledger/errors.py`. HTTP codes of the intake: [intake](../spec/intake.md).\n\n"
        + text.split("\n", 2)[2].strip()
        + "\n"
    )


def entry_zero_page() -> str:
    """Return entry 0 of the golden control log in hex, the schema texts left out."""
    control = json.loads((ROOT / "tests/vectors/entries.json").read_text())["control"]
    entry = control["entries"][0]
    raw = bytes.fromhex(entry["extra"] + entry["act"])
    cut = raw.index(b"Act.avsc") - 2
    lines = [
        "# Entry 0 of the golden control log",
        "",
        f"Made by `make docs`. {len(raw)} bytes; shown are the first {cut}, up to the array of schema texts, which is the rest.",
        "",
    ]
    lines += [
        f"leaf `{entry['leaf']}`",
        "",
        f"link (BLAKE3) `{entry['link_blake3']}`",
        "",
        "```text",
    ]
    for start in range(0, cut, 16):
        row = raw[start : min(start + 16, cut)]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:06x}  {row.hex(' '):47}  {text}")
    return "\n".join([*lines, "```"]) + "\n"


PAGES = {
    "reference/cli.md": cli_page,
    "reference/settings.md": settings_page,
    "reference/catalogue.md": catalogue_page,
    "reference/asyncapi.yaml": asyncapi_page,
    "reference/errors.md": errors_page,
    "reference/gates.md": gates_page,
    "reference/rows.md": rows_page,
    "reference/rules.md": rules_page,
    "reference/deadlines.md": deadlines_page,
    "reference/indicators.md": indicators_page,
    "reference/machines.md": machines_page,
    "spec/entry-0.md": entry_zero_page,
}


def main() -> int:
    """Write or check all pages; return the exit status."""
    check = "--check" in sys.argv
    stale = []
    for name, make in PAGES.items():
        with contextlib.redirect_stderr(io.StringIO()):
            text = make()
        path = DOCS / name
        if check and (not path.exists() or path.read_text() != text):
            stale.append(name)
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for name in stale:
        print(f"docs/{name} is not up to date: make docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
