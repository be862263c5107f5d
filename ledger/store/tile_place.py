"""Which tile store a ledger has: a folder, or a bucket that speaks S3.

Read before: ``ledger/store/tile_store.py``. Read next: ``ledger/store/s3_store.py``.

A place is a path or ``s3://BUCKET[/PREFIX]`` and holds no secret: an object store's address and
credentials come from the ``AWS_*`` variables of the environment, which obstore reads itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ledger.errors import MalformedError
from ledger.store.tile_store import FolderTileStore, TileStore

S3_SCHEME: Final = "s3"
_DEFAULT_FOLDER: Final = "tiles"


def open_tile_store(place: str, data: Path, *, writes: bool = False) -> TileStore:
    """Open the tile store of a ledger.

    Args:
        place: A folder, ``s3://BUCKET[/PREFIX]``, or nothing for the folder in ``data``.
        data: The ledger's data folder.
        writes: Whether promises will be made; an object store is tried then.

    Raises:
        MalformedError: The place is neither.
        UnavailableError: The store is away, or does not keep what promises rest on.
    """
    if not place:
        return FolderTileStore(data / _DEFAULT_FOLDER)
    if "://" not in place:
        return FolderTileStore(Path(place))
    bucket, prefix = _split(place)
    from ledger.store.s3_store import S3TileStore, open_bucket

    return S3TileStore(open_bucket(bucket, prefix), writes=writes)


def _split(place: str) -> tuple[str, str]:
    """Return bucket and prefix. What is wrong is not repeated: it could hold a secret."""
    parts = urlsplit(place)
    if parts.scheme != S3_SCHEME or not parts.netloc:
        raise MalformedError("a tile store is a folder or s3://BUCKET[/PREFIX]")
    if set("@:") & set(parts.netloc) or parts.query or parts.fragment:
        raise MalformedError("s3://BUCKET[/PREFIX] holds no more: the rest is for AWS_* variables")
    return parts.netloc, parts.path.strip("/")
