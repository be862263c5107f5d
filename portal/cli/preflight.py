"""What is looked at before a verification begins: are keys keys, is there a log at the prefix.

Read before: ``portal/cli/verify.py``. Read next: ``portal/cli/verifying.py``.

A typing error in an address is no finding about a log, and an empty key file says nothing about
a receipt; each is told in its own words. What is there is judged by the verifier only.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from ledger.chain.checkpoint import parse_checkpoint
from ledger.chain.notes import split_note
from ledger.chain.sources import MissingObjectError
from ledger.errors import MalformedError, UnavailableError
from portal.cli.verifying import open_source, read_keys


def require_keys(*files: Path | None) -> None:
    """Read each key file that is given.

    Raises:
        UnavailableError: One cannot be read.
        MalformedError: One holds no key, or a line that is none; it is named.
    """
    for file in files:
        if file is None:
            continue
        try:
            read_keys(file)
        except MalformedError as error:
            raise MalformedError(f"{file}: {error}") from error


def require_log(prefix: str | None, token: Path | None = None) -> None:
    """Ask for the checkpoint of a log.

    Args:
        prefix: Folder or URL; None where the user named none.
        token: File with an auditor's token.

    Raises:
        MalformedError: The prefix is no address, or the token no token.
        UnavailableError: There is none at that place, so nothing can be said about a log.
    """
    if prefix is None:
        return
    if token is not None and token.is_file() and not token.read_bytes().isascii():
        raise MalformedError(f"{token} holds no token")
    try:
        urlsplit(prefix)
    except ValueError as error:
        raise MalformedError(f"{prefix} is no address") from error
    try:
        open_source(prefix, token).checkpoint()
    except MissingObjectError as error:
        raise UnavailableError(f"there is no log at {prefix}: it has no checkpoint") from error


def require_control_key(prefix: str | None, vkey: Path, token: Path | None = None) -> None:
    """Look whether a key of the control log is given, whose signature alone says too little.

    Args:
        prefix: Folder or URL of the control log; None where the user named none.
        vkey: File with the trusted keys.
        token: File with an auditor's token.

    Raises:
        MalformedError: The file has no key of it: a mistake of the question, and no finding.
    """
    if prefix is None:
        return
    try:
        note = open_source(prefix, token).checkpoint()
        origin = parse_checkpoint(split_note(note)[0]).origin
    except MalformedError:
        return  # That is judged with the rest.
    if origin not in {key.name for key in read_keys(vkey)}:
        raise MalformedError(
            f"{vkey} has no key of {origin}, which --control names: put the line of its own vkey "
            "file, keys/log-control.vkey, beside the log's"
        )
