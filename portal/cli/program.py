"""How a program begins and ends: its streams, and what an error exits with.

Read before: ``ledger/errors.py``. Read next: ``portal/cli/main.py``.

Both programs, ``lianzheng`` and ``lianzheng-verify``, run through here; it imports nothing that
the small one does not have.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn, TextIO

from ledger.errors import LedgerError, MalformedError, UnavailableError
from portal.cli import output
from schemas.loader import FaultyFileError

INTERRUPTED = 130


class Outlet(io.FileIO):
    """A standard stream that goes on where nobody reads it any more.

    A verdict is in the exit code as well, so a reader that went away (``| head -1``) changes
    nothing; a full disk under a result is said once.
    """

    def __init__(self, descriptor: int, *, is_result: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._is_result = is_result
        self._is_gone = False

    def write(self, data: object, /) -> int:
        """Write, or drop what nobody can get. Raises UnavailableError where a result is lost."""
        view = memoryview(data)  # type: ignore[arg-type]  # Any buffer, as ``FileIO.write`` has it.
        if self._is_gone:
            return view.nbytes
        try:
            return super().write(view)
        except BrokenPipeError:
            self._is_gone = True
        except OSError as error:
            self._is_gone = True
            if self._is_result:
                raise UnavailableError(f"the result cannot be written: {error.strerror}") from error
        return view.nbytes


def open_stream(stream: IO[str] | None, *, is_result: bool) -> TextIO:
    """Return a standard stream anew: UTF-8 whatever the locale, and an ``Outlet`` below."""
    if stream is None:  # Closed by who started the program: it wants nothing.
        return Path(os.devnull).open("w", encoding="utf-8")
    outlet = io.BufferedWriter(Outlet(stream.fileno(), is_result=is_result))
    return io.TextIOWrapper(
        outlet, encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


def run(command: Callable[[], object]) -> NoReturn:
    """Run a program's one call; turn errors of the tree in ledger/errors.py into exit codes."""
    if not __debug__:
        output.say("lianzheng: assertions must be on; do not run with -O")
        sys.exit(2)
    sys.stdout = open_stream(sys.stdout, is_result=True)
    sys.stderr = open_stream(sys.stderr, is_result=False)
    as_json = "--json" in sys.argv
    try:
        command()
    except LedgerError as error:
        sys.exit(output.fail(error, as_json=as_json))
    except FaultyFileError as error:
        fault = MalformedError(str(error), code="SCHEMA_REFUSED")
        sys.exit(output.fail(fault, as_json=as_json))
    except OSError as error:
        sys.exit(output.fail(UnavailableError(sentence(error)), as_json=as_json))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)


def installed_version() -> str:
    """Return the version that both programs belong to; a bare copy of the sources has none."""
    from importlib import metadata

    try:
        return metadata.version("lianzheng")
    except metadata.PackageNotFoundError:
        return "(sources that are not installed)"


def sentence(error: OSError) -> str:
    """Return what the system says, with the file it is about."""
    text = error.strerror or type(error).__name__
    return text if error.filename is None else f"{error.filename}: {text}"
