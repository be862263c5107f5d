"""Reading bundles and level 0 tiles of a log that is being verified, judging their framing.

Read before: ``tiles``, ``sources``. Read next: ``verify_bundles``.

What is there too much or too little becomes a finding; what is left is returned, so that the
verification goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.chain import tiles
from ledger.chain.findings import Findings
from ledger.chain.sources import MissingObjectError, TileSource
from ledger.chain.tree import HASH_SIZE_BYTES
from ledger.limits import TILE_WIDTH


class TileReader:
    """Reads the objects of one log of ``size`` entries."""

    def __init__(self, source: TileSource, size: int, findings: Findings) -> None:
        self._source = source
        self._size = size
        self._findings = findings
        self._above: tuple[str, list[bytes]] = ("", [])

    def entries(self, n: int, width: int) -> tuple[list[bytes], bool]:
        """Return the entries of bundle ``n``, and whether the bundle is framed as it must be.

        Where it is not, there may be fewer than ``width``, and from some place on none is whole.
        """
        path, data = self._object(tiles.bundle_path, n, width)
        if data is None:
            return [], False
        entries, position, end = [], 0, len(data)
        try:
            for _ in range(width):
                after = position + 2 + (data[position] << 8 | data[position + 1])
                entries.append(data[position + 2 : after])
                position = after
        except IndexError:
            pass
        if position > end:
            entries.pop()  # Cut off.
        index = n * TILE_WIDTH + len(entries)
        if len(entries) < width:
            self._findings.add("bundle", "ends before its last entry", index, None, path)
            return entries, False
        if position < end and path == tiles.bundle_path(n, width):
            self._findings.add(
                "bundle", "surplus bytes after its last entry", index - 1, None, path
            )
            return entries, False
        return entries, True

    def tile(self, n: int, width: int) -> bytes:
        """Return level 0 tile ``n``, fewer than ``width`` hashes of it where it is faulty."""
        path, data = self._object(lambda n, width: tiles.tile_path(0, n, width), n, width)
        if data is None:
            return b""
        wanted = width * HASH_SIZE_BYTES
        if len(data) < wanted or (len(data) > wanted and path == tiles.tile_path(0, n, width)):
            text = "surplus bytes" if len(data) > wanted else "too short"
            index = n * TILE_WIDTH + min(width, len(data) // HASH_SIZE_BYTES)
            self._findings.add("tile", text, index, None, path, wanted, len(data))
        return data[:wanted]

    def tile_path(self, n: int) -> str:
        """Return the path of the level 0 tile ``n``."""
        return tiles.tile_path(0, n, min(TILE_WIDTH, self._size - n * TILE_WIDTH))

    def hash_above(self, n: int) -> bytes | None:
        """Return what level 1 says about full tile ``n``, None if it says nothing."""
        if (n + 1) * TILE_WIDTH > self._size:
            return None
        shape = tiles.tile_shapes(self._size)[1]
        above = n // TILE_WIDTH
        width = TILE_WIDTH if above < shape.full else shape.partial_width
        path = tiles.tile_path(1, above, width)
        if self._above[0] != path:
            try:
                self._above = (path, tiles.split_hashes(self._source.tile(path)))
            except MissingObjectError:
                self._above = (path, [])
        hashes = self._above[1]
        return hashes[n % TILE_WIDTH] if n % TILE_WIDTH < len(hashes) else None

    def root_with(self, leaves: Sequence[bytes]) -> bytes | None:
        """Return the root with these leaf hashes in the last, partial tile of level 0.

        The rest is what the partial tiles above say; None if one of them says nothing.
        """
        rows: list[Sequence[bytes]] = []
        for level, shape in enumerate(tiles.tile_shapes(self._size)):
            rows.append(leaves if level == 0 else self._last_tile(level, shape))
            if len(rows[-1]) != shape.partial_width:
                return None
        return tiles.root_of_edge(rows)

    def _last_tile(self, level: int, shape: tiles.TileShape) -> list[bytes]:
        if not shape.partial_width:
            return []
        path = tiles.tile_path(level, shape.full, shape.partial_width)
        try:
            return tiles.split_hashes(self._source.tile(path))
        except MissingObjectError:
            return []

    def check_partials(
        self, n: int, entries: Sequence[bytes], hashes: Sequence[bytes], paths: Sequence[str]
    ) -> None:
        """Check older partial copies: each is the beginning of the newest object."""
        for path in paths:
            width = int(path.rpartition("/")[2])
            is_bundle = path.startswith("tile/entries/")
            parts = [len(e).to_bytes(2, "big") + e for e in entries] if is_bundle else hashes
            if len(parts) < width:
                continue  # The newest object itself is faulty, and named.
            try:
                data, position = self._source.tile(path), 0
            except MissingObjectError as error:
                self._findings.add("missing", str(error), n * TILE_WIDTH, None, path)
                continue
            for place, part in enumerate(parts[:width]):
                if data[position : position + len(part)] != part:
                    text = "a partial copy is not the beginning of the whole"
                    kind = "bundle" if is_bundle else "tile"
                    self._findings.add(kind, text, n * TILE_WIDTH + place, None, path)
                    break
                position += len(part)
            else:
                if position != len(data):
                    kind = "bundle" if is_bundle else "tile"
                    index = n * TILE_WIDTH + width - 1
                    self._findings.add(kind, "surplus bytes", index, None, path)

    def _object(
        self, path_of: Callable[[int, int], str], n: int, width: int
    ) -> tuple[str, bytes | None]:
        """Return the path and bytes of a tile, of the full one where a partial is gone by now."""
        path, text = path_of(n, width), ""
        for there in dict.fromkeys((path, path_of(n, TILE_WIDTH))):
            try:
                return there, self._source.tile(there)
            except MissingObjectError as error:
                text = text or str(error)
        self._findings.add("missing", text, n * TILE_WIDTH, None, path)
        return path, None
