"""What the demo proposes to try: three shell commands that can be repeated.

Read before: ``demo``. Read next: docs/howto/verify-a-log.md.

Copies lie in the ledger's own data folder, so that they belong to the same ledger and the same
user; the byte that is changed, is changed in a copy of the copy.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ledger.chain.entry import decode_entry
from ledger.chain.tiles import bundle_path, decode_bundle

LENGTH_BYTES = 2  # Before each entry of a bundle.


class Change(NamedTuple):
    """One byte of a bundle, and another in its place."""

    place: int
    value: int


def change_of(bundle: bytes, case: str) -> Change:
    """Return a change of the last byte of an entry of a case; of any if the case has none there."""
    end, ends = 0, {}
    for entry in decode_bundle(bundle):
        end += LENGTH_BYTES + len(entry)
        ends[decode_entry(entry).stream_id] = end
    place = ends.get(case, end) - 1
    return Change(place, bundle[place] ^ 0xFF)


def program_name(interpreter: str = sys.executable) -> str:
    """Return how the program is called from here: the one beside this interpreter, if any."""
    program = Path(interpreter).parent / "lianzheng"
    if not program.exists():
        return "lianzheng"
    return str(program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program)


def suggestions(data: Path, case: str, width: int, change: Change) -> Sequence[str]:
    """Return the commands: replay a case, verify a copy of log 0, find what was changed in it.

    Args:
        data: Data folder of the ledger.
        case: A case that came to a decision.
        width: Entries of the first bundle of log 0.
        change: Of that bundle.
    """
    name, folder = shlex.quote(program_name()), shlex.quote(str(data))
    copy, changed = (shlex.quote(str(data / word)) for word in ("copy", "copy-changed"))
    bundle = shlex.quote(str(data / "copy-changed" / bundle_path(0, width)))
    vkey = shlex.quote(str(data / "keys" / "log-0.vkey"))
    write = f"of={bundle} bs=1 seek={change.place} conv=notrunc,nocreat status=none"
    replay = f"{name} case replay {shlex.quote(case)} --data {folder}"
    export = f"{name} export log --log 0 {copy} --data {folder}"
    flip = f"cp -R {copy}/. {changed} && printf '\\{change.value:03o}' | dd {write}"
    verify = f"{name} verify log {copy} --vkey {vkey}"
    verify_changed = f"{name} verify log {changed} --vkey {vkey}"
    return replay, f"{export} && {verify}", f"{flip} && {verify_changed}"
