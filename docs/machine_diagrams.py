"""The page of the state machines: a diagram and a table of each, made from ``schemas/machines``."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.catalogue import load_catalogue
from schemas.machine_tables import Arrow, Machine, load_machines


def machines_page() -> str:
    """Return every machine with its diagram in Mermaid and the acts that move it."""
    terms = {row.type: row.cn for row in load_catalogue().rows.values()}
    machines = load_machines()
    lines = [
        "# State machines",
        "",
        f"Made by `make docs` from `schemas/machines`: {len(machines)} machines. Each is folded from the acts of a stream that count, in the order of the stream ([gates](../spec/gates.md)); `lianzheng case show`, `GET /v1/cases/{{id}}/state` and the page of a case say where each stands and which act led there.",
        "",
        "An act that has no arrow from the present state is recorded as it is, moves the state all the same unless it says *moves nothing*, and is judged by the rule that the state names. One that happened before the act that led to the present state came late and moves nothing; nor does one whose cause has to be an act that it does not name. Rules beside an arrow judge the act where it has one.",
        "",
    ]
    for machine in machines.values():
        lines += [*_head(machine), *_diagram(machine, terms), *_table(machine, terms)]
    return "\n".join(lines).rstrip() + "\n"


def _head(machine: Machine) -> Iterator[str]:
    about = "one a stream" if machine.key == "matter" else "one for each aggregate"
    streams = f" of {', '.join(f'`{it}:`' for it in machine.streams)}" if machine.streams else ""
    notes = [f"{about}{streams}"]
    if machine.opens:
        notes.append(f"begun by {', '.join(sorted(machine.opens))}")
    if machine.unless is not None:
        notes.append(f"not of what {machine.unless} is about")
    words = "; ".join(notes)
    yield from (f"## {machine.name} {machine.cn}", "", f"{machine.source}: {words}.", "")


def _diagram(machine: Machine, terms: dict[str, str]) -> Iterator[str]:
    """Yield the arrows that lead from one state to another; those that stay are in the table."""
    yield from ("```mermaid", "stateDiagram-v2")
    for state in machine.states.values():
        yield f'    state "{state.cn} {state.name}" as {state.name}'
    yield f"    [*] --> {machine.initial}"
    edges: dict[tuple[str, str], list[str]] = {}
    for arrow in _all(machine):
        for source in (it for it in machine.states if it in arrow.sources):
            if arrow.target is not None and arrow.target != source:
                term = terms[arrow.event_type]
                labels = edges.setdefault((source, arrow.target), [])
                labels += [term] if term not in labels else []
    for (source, target), labels in edges.items():
        yield f"    {source} --> {target}: {' / '.join(labels)}"
    for source in (it for it in machine.states if it in machine.expiring):
        yield f"    {source} --> {machine.expired}: 期限届满"
    for state in machine.states.values():
        if state.is_final:
            yield f"    {state.name} --> [*]"
    yield from ("```", "")


def _table(machine: Machine, terms: dict[str, str]) -> Iterator[str]:
    yield from ("| act | from | to | where | rules |", "| --- | --- | --- | --- | --- |")
    for arrow in _all(machine):
        sources = ", ".join(it for it in machine.states if it in arrow.sources)
        notes = [f"`{path}` {' or '.join(map(str, it))}" for path, it in arrow.when.items()]
        notes += [f"until {arrow.until[0]} `{arrow.until[1]}`"] if arrow.until else []
        notes += ["moves nothing without an arrow"] if arrow.stays else []
        notes += ["not of what was received later"] if arrow.fresh else []
        notes += [f"as its cause the newest {arrow.of}"] if arrow.of else []
        notes += ["each aggregate"] if arrow in machine.whole.get(arrow.event_type, ()) else []
        columns = (
            f"{terms[arrow.event_type]} {arrow.event_type}",
            sources,
            arrow.target or "stays",
            "; ".join(notes),
            ", ".join(arrow.rules),
        )
        yield f"| {' | '.join(columns)} |"
    flags: dict[str, list[str]] = {}
    for state in machine.states.values():
        flags.setdefault(state.flag, []).append(state.name)
    yield ""
    if len(flags) == 1:
        yield from (f"Without an arrow: {next(iter(flags))}.", "")
    else:
        words = "; ".join(f"{rule} from {', '.join(names)}" for rule, names in flags.items())
        yield from (f"Without an arrow: {words}.", "")


def _all(machine: Machine) -> Iterator[Arrow]:
    for arrows in (*machine.arrows.values(), *machine.whole.values()):
        yield from arrows
