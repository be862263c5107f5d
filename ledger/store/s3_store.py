"""The tile store on an object store that speaks S3: same layout, promises by conditional put.

Read before: ``ledger/store/tile_store.py``. Read next: ``ledger/store/promise.py``.

A put is durable when it is answered. A promise is replaced only if its ETag is the one that was
read; a server that does not keep that condition is refused at start, because it would let two
appenders promise different things. Who can write to the bucket can take the copy away, not falsify
it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from ledger.errors import PromiseConflictError, UnavailableError
from ledger.store.tile_store import CHECKPOINT, check_successor, is_log_path, read_with_fallback

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore

PUTS_AT_ONCE: Final = 16  # Files of one promise: some 20.
# Who uses the store tries again by itself, and says meanwhile what it waits for.
_RETRIES_MAX: Final = 2
_RETRY_LIMIT: Final = timedelta(seconds=10)


def open_bucket(bucket: str, prefix: str) -> S3Store:
    """Return a bucket; its endpoint, region and credentials are the environment's ``AWS_*``.

    Raises:
        UnavailableError: The environment does not say enough.
    """
    with _translated():
        return S3Store(
            bucket,
            prefix=prefix or None,
            retry_config={"max_retries": _RETRIES_MAX, "retry_timeout": _RETRY_LIMIT},
        )


class S3TileStore:
    """A tile store in a bucket.

    Args:
        bucket: An obstore store, such as ``obstore.store.S3Store(...)``, with its prefix.
        writes: Whether promises will be made; who only reads needs no right to write.

    Raises:
        UnavailableError: The bucket is away, or does not keep conditional puts.
    """

    def __init__(self, bucket: ObjectStore, *, writes: bool = True) -> None:
        self._bucket = bucket
        self._pool = ThreadPoolExecutor(PUTS_AT_ONCE, thread_name_prefix="tile-store")
        if writes:
            with _translated():
                self._try_conditions()

    def write_objects(self, log: str, objects: Sequence[tuple[str, bytes]]) -> None:
        """Write files, several at once; durable when this returns."""
        with _translated():
            puts = [
                self._pool.submit(obstore.put, self._bucket, f"{log}/{path}", data)
                for path, data in objects
            ]
            for put in puts:
                put.result()

    def read(self, log: str, path: str) -> bytes | None:
        """Return a file, a partial one also as the start of the full one; None for none."""
        if not is_log_path(path):
            return None
        with _translated():
            found = self._get(f"{log}/{path}")
        return read_with_fallback(self, log, path) if found is None else found[0]

    def remove_objects(self, log: str, paths: Iterable[str]) -> None:
        """Remove files; those that are not there are no error."""
        names = [f"{log}/{path}" for path in paths]
        with _translated():
            if names:
                obstore.delete(self._bucket, names)

    def partials(self, log: str, full_path: str) -> list[str]:
        """Return the paths of the partial files of one tile or bundle."""
        with _translated():
            pages = obstore.list(self._bucket, prefix=f"{log}/{full_path}.p/")
            names = sorted(item["path"] for page in pages for item in page)
        return [name.removeprefix(f"{log}/") for name in names]

    def promise(self, log: str) -> bytes | None:
        """Return the newest promise, or None."""
        with _translated():
            found = self._get(f"promise/{log}")
        return None if found is None else found[0]

    def create_promise(self, log: str, note: bytes) -> None:
        """Write the first promise; the same one again is no error."""
        with _translated():
            try:
                obstore.put(self._bucket, f"promise/{log}", note, mode="create")
            except AlreadyExistsError as error:
                found = self._get(f"promise/{log}")
                if found is None or found[0] != note:
                    raise PromiseConflictError("there is a promise already") from error

    def swap_promise(self, log: str, old: bytes, new: bytes) -> None:
        """Replace the promise; found done already (the answer was lost) it is done."""
        name = f"promise/{log}"
        with _translated():
            found = self._get(name)
            if found is not None and found[0] == new:
                return
            check_successor(old, new, None if found is None else found[0])
            assert found is not None
            try:
                # What this covers is durable, twice; from here on it may leave the ledger.
                obstore.put(self._bucket, name, new, mode=found[1])
            except PreconditionError as error:
                # The client library itself may have sent it twice: then ours is there.
                if self.promise(log) != new:
                    raise PromiseConflictError("another writer was first") from error

    def publish(self, log: str, note: bytes) -> None:
        """Replace the published checkpoint."""
        with _translated():
            obstore.put(self._bucket, f"{log}/{CHECKPOINT}", note)

    def forget_unfinished(self, log: str) -> None:
        """Do nothing: an object appears whole or not at all."""

    def _get(self, name: str) -> tuple[bytes, UpdateVersion] | None:
        """Return an object and what identifies this version of it."""
        try:
            found = obstore.get(self._bucket, name)
            return bytes(found.bytes()), _version(found.meta["e_tag"], found.meta["version"])
        except FileNotFoundError:
            return None

    def _try_conditions(self) -> None:
        """Try what promises rest on, with an object of our own; raise where it is not kept."""
        name = f"promise/trial-{secrets.token_hex(8)}"
        first = obstore.put(self._bucket, name, b"1", mode="create")
        create_kept = not self._accepted(name, "create")
        version = _version(first["e_tag"], first["version"])
        obstore.put(self._bucket, name, b"2", mode=version)
        update_kept = not self._accepted(name, version)
        if not (create_kept and update_kept):
            with suppress(BaseError):  # The finding counts, whether or not it can be removed.
                obstore.delete(self._bucket, name)
            raise UnavailableError("this object store does not keep conditional puts")
        obstore.delete(self._bucket, name)

    def _accepted(self, name: str, mode: UpdateVersion | str) -> bool:
        """Return whether a put that must be refused was taken."""
        try:
            obstore.put(self._bucket, name, b"3", mode=mode)  # type: ignore[arg-type]
        except (AlreadyExistsError, PreconditionError):
            return False
        return True


def _version(e_tag: str | None, version: str | None) -> UpdateVersion:
    """Return what identifies one version of an object; a store has one of the two, or both."""
    found: UpdateVersion = {}
    if e_tag is not None:
        found["e_tag"] = e_tag
    if version is not None:
        found["version"] = version
    return found


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        kind = type(error).__name__  # The library's text would name endpoint and request.
        raise UnavailableError(f"the tile store is away ({kind})") from error
