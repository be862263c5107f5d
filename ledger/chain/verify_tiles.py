"""The tree above the leaves: every hash tile of every level, and the root.

Read before: docs/spec/verify.md, ``tiles``, ``tree``. Read next: ``verify``.

Level L >= 1 is computed from the roots of full tiles of level L - 1, never taken from what was
published: published tiles are compared with it. Where an object is missing, its hash is taken
from the tile above, and the signed root says whether that was right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.chain.findings import Findings
from ledger.chain.sources import LogSource, MissingObjectError, PatientSource
from ledger.chain.tiles import (
    TileShape,
    bundle_path,
    decode_bundle,
    full_tile_root,
    split_hashes,
    tile_path,
    tile_shapes,
)
from ledger.chain.tree import EMPTY_ROOT, HASH_SIZE_BYTES, leaf_hash, tree_root
from ledger.errors import MalformedRecordError
from ledger.limits import TILE_WIDTH

_PATH: Final = re.compile(
    r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?"
)


class ObjectName(NamedTuple):
    """A path taken apart."""

    level: int  # Tile level; -1 stands for entry bundles.
    n: int
    width: int


class Listing(NamedTuple):
    """The objects of a copy, sorted by what they are to a log of the checkpoint's size."""

    partials: Mapping[tuple[int, int], Sequence[str]]  # By level and n: older partial copies.
    unreferenced: Sequence[str]  # No log of this size has them.
    ahead: int  # Size that the copy's entries reach, where that is more than the checkpoint's.


def sort_paths(paths: Iterable[str], size: int) -> Listing:
    """Sort the paths of a copy's objects.

    Args:
        paths: Paths of all objects but the checkpoint.
        size: Tree size of the checkpoint.
    """
    partials: dict[tuple[int, int], list[str]] = {}
    foreign: list[str] = []
    beyond: dict[ObjectName, str] = {}
    shapes = tile_shapes(size)
    for path in paths:
        name = _object_name(path)
        if name is None:
            foreign.append(path)
        elif not _is_covered(name, shapes):
            beyond[name] = path
        elif name.width < TILE_WIDTH and not _is_newest(name, shapes):
            partials.setdefault((name.level, name.n), []).append(path)
    # A copy may have got more of the log than its checkpoint: then the objects beyond are
    # those of a longer log, without a gap. Anything else beyond belongs to no log.
    ahead = _reach(beyond, size)
    longer = tile_shapes(ahead)
    foreign += [path for name, path in beyond.items() if not _is_covered(name, longer)]
    return Listing(partials, sorted(foreign), ahead)


class TreeCheck:
    """Builds the tree of a log and compares its tiles."""

    def __init__(
        self,
        source: LogSource,
        size: int,
        tile_roots: Sequence[bytes | None],
        last_leaves: Sequence[Sequence[bytes]],
        findings: Findings,
    ) -> None:
        """Take the roots of full level 0 tiles, and the candidates for the last leaves."""
        self._source = PatientSource(source)
        self._size = size
        self._shapes = tile_shapes(size)
        self._level_1: list[bytes | None] = list(tile_roots)
        self._last_leaves = last_leaves
        self._findings = findings

    def check_tiles(self, partials: Mapping[tuple[int, int], Sequence[str]]) -> None:
        """Compare all tiles of level 1 and above; what is missing below is taken from them.

        Nothing is compared of a log whose end was not looked for.
        """
        if len(self._level_1) < self._size // TILE_WIDTH:
            return
        row = self._level_1
        for level, shape in enumerate(self._shapes[1:], 1):
            for n in range(shape.full + (shape.partial_width > 0)):
                width = TILE_WIDTH if n < shape.full else shape.partial_width
                part = slice(n * TILE_WIDTH, n * TILE_WIDTH + width)
                row[part] = self._compared(level, n, tile_path(level, n, width), row[part])
                for path in partials.get((level, n), ()):
                    older = int(path.rpartition("/")[2])
                    self._compared(level, n, path, row[part][:older])
            row = [
                _root_or_none(row[n * TILE_WIDTH : (n + 1) * TILE_WIDTH]) for n in range(shape.full)
            ]

    def roots(self) -> list[bytes]:
        """Return the roots that the log may have: none if too much of it is missing.

        There are two where its last entries and the hash tile over them differ.
        """
        if not self._size:
            return [EMPTY_ROOT]
        full = [item for item in self._level_1 if item is not None]
        if len(full) < self._size // TILE_WIDTH:
            return []
        if not self._size % TILE_WIDTH:
            return [tree_root(full)]
        whole = [row for row in self._last_leaves if len(row) == self._size % TILE_WIDTH]
        return [tree_root([*full, tree_root(row)]) for row in whole]

    def root_at(self, size: int) -> bytes | None:
        """Return the root of the first ``size`` entries, at most all.

        None if it is unknown: then a finding says what is missing.
        """
        full = [item for item in self._level_1[: size // TILE_WIDTH] if item is not None]
        width = size % TILE_WIDTH
        if len(full) < size // TILE_WIDTH:
            return None
        if not width:
            return tree_root(full)
        n = size // TILE_WIDTH
        leaves = self._last_leaves[0] if n == self._shapes[0].full else self._leaves(n)
        leaves = leaves[:width]
        return tree_root([*full, tree_root(leaves)]) if len(leaves) == width else None

    def _leaves(self, n: int) -> Sequence[bytes]:
        """Return the leaf hashes under root ``n`` of level 1, read again; none if there are none.

        The source may answer otherwise than before: only what gives the root that the entries
        gave counts, be it the hash tile or the bundle.
        """
        for read in (self._tile_again, self._bundle_again):
            leaves = read(n)
            if len(leaves) == TILE_WIDTH and full_tile_root(leaves) == self._level_1[n]:
                return leaves
        text = "the leaf hashes for the older checkpoint cannot be had again from tile or bundle"
        self._findings.add("missing", text, n * TILE_WIDTH, None, tile_path(0, n))
        return ()

    def _tile_again(self, n: int) -> Sequence[bytes]:
        try:
            return split_hashes(self._source.tile(tile_path(0, n)))
        except MissingObjectError:
            return ()

    def _bundle_again(self, n: int) -> Sequence[bytes]:
        try:
            return [leaf_hash(entry) for entry in decode_bundle(self._source.tile(bundle_path(n)))]
        except (MissingObjectError, MalformedRecordError):
            return ()

    def _compared(
        self, level: int, n: int, path: str, expected: Sequence[bytes | None]
    ) -> list[bytes | None]:
        """Compare a tile; return what was expected, filled up from it where that is unknown."""
        span = TILE_WIDTH**level  # Entries under one hash.
        try:
            data = self._source.tile(path)
        except MissingObjectError as error:
            index = n * TILE_WIDTH * span
            self._findings.add("missing", str(error), index, None, path)
            return list(expected)
        wanted = len(expected) * HASH_SIZE_BYTES
        hashes = split_hashes(data)
        if len(data) != wanted:
            text = "surplus bytes" if len(data) > wanted else "too short"
            self._findings.add("tile", text, None, None, path, wanted, len(data))
        filled: list[bytes | None] = list(expected)
        for place, (own, found) in enumerate(zip(expected, hashes, strict=False)):
            index = (n * TILE_WIDTH + place) * span
            if own is None:
                filled[place] = found
            elif own != found:
                text = f"a hash is not that of the {span} entries under it, which begin here"
                self._findings.add("tile", text, index, None, path, own, found)
        return filled


def _root_or_none(hashes: Sequence[bytes | None]) -> bytes | None:
    known = [item for item in hashes if item is not None]
    return tree_root(known) if len(known) == len(hashes) else None


def _object_name(path: str) -> ObjectName | None:
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level = -1 if found[1] == "entries" else int(found[1])
    n = int(found[2].replace("x", "").replace("/", ""))
    width = TILE_WIDTH if found[3] is None else int(found[3])
    if not 0 < width <= TILE_WIDTH:
        return None
    # One object, one path: no leading zeros or groups, no partial tile of full width.
    again = bundle_path(n, width) if level < 0 else tile_path(level, n, width)
    return ObjectName(level, n, width) if again == path else None


def _is_covered(name: ObjectName, shapes: Sequence[TileShape]) -> bool:
    if max(name.level, 0) >= len(shapes):
        return False
    full, partial_width = shapes[max(name.level, 0)]
    return name.n < full or (name.n == full and name.width <= partial_width)


def _is_newest(name: ObjectName, shapes: Sequence[TileShape]) -> bool:
    full, partial_width = shapes[max(name.level, 0)]
    return name.n == full and name.width == partial_width


def _reach(beyond: Iterable[ObjectName], size: int) -> int:
    """Return how far bundles without a gap reach beyond ``size``; 0 if none does."""
    widths: dict[int, int] = {}
    for name in beyond:
        if name.level < 0:
            widths[name.n] = max(widths.get(name.n, 0), name.width)
    n = size // TILE_WIDTH
    while widths.get(n) == TILE_WIDTH:
        n += 1
    reached = n * TILE_WIDTH + widths.get(n, 0)
    return reached if reached > size else 0
