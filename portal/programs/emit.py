"""``lianzheng emit``: a file's acts signed, sealed and sent, its commands performed.

Read before: ``portal/cli/emit.py``. Read next: ``consumers/emitter/emit_file.py``.
"""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient, Line
from consumers.emitter.emit_file import CommandPerformer, EmitSummary, FileEmitter
from consumers.emitter.emitter_keys import EmitterKeys
from consumers.emitter.http_line import HttpLine
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.ledger_copy import read_control_state
from consumers.emitter.reachable import require_broker, require_intake
from consumers.emitter.receipt_folder import ReceiptFolder
from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import Topics
from consumers.generate.records import SimulatedRecord, read_records
from consumers.kafka_client import KafkaAddress
from consumers.platform.performer import FilePerformer
from ledger.chain.note_keys import VerifierKey
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.errors import LedgerError, RejectedError, UnavailableError
from portal.cli.context import read_run
from portal.cli.verifying import open_source, read_keys
from portal.programs.files import platform_signer
from portal.programs.performer import open_performer

Observe = Callable[[int], None]


class EmitRequest(NamedTuple):
    """What the user asked for."""

    file: Path
    data: Path
    kafka: str | None
    http: str | None
    keys: Path | None
    rate: float | None
    receipts: Path | None


class StoppedError(LedgerError):
    """A signal ended it before everything was answered."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("stopped before everything was answered; emit again to go on")


def emit(request: EmitRequest, observe: Observe) -> dict[str, Any]:
    """Emit a file; return the summary.

    Raises:
        MalformedError: The file is none of ours, or an address is not what it must be.
        UnavailableError: The ledger or the broker does not answer, or an outage outlasted every
            retry.
        RejectedError: The file needs something that this ledger does not allow.
        StoppedError: Ctrl-C or SIGTERM.
    """
    with _opened(request.file) as stream:
        records = read_records(stream)
        first = list(islice(records, 1))  # A file that is none of ours is told before all else.
        run = read_run(request.data)
        if request.http is None:
            require_broker(KafkaAddress(request.kafka or run["kafka"]))
        else:
            require_intake(request.http)
        return _emit(request, run, chain(first, records), observe)


def _emit(
    request: EmitRequest,
    run: dict[str, Any],
    records: Iterable[SimulatedRecord],
    observe: Observe,
) -> dict[str, Any]:
    log_keys = [key for log in run["logs"] for key in read_keys(Path(log["vkey_file"]))]
    state = read_control_state(open_source(run["logs"][0]["url"]), log_keys)
    if state.ledger is None or state.catalogue is None:
        raise UnavailableError("the control log has no catalogue yet; try again in a moment")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    summary = EmitSummary()
    line = _line(request, run, state)
    client = EmitterClient(line, _keeper(request, log_keys, summary), stopping, SystemClock())
    try:
        with open_performer(request.data, state, summary.answered, stopping) as performer:
            emitter = _file_emitter(
                request,
                client,
                state,
                performer if state.ledger.synthetic else None,
                summary,
                stopping,
                observe,
            )
            emitter.emit(records)
            document = _document(summary, performer)
    finally:
        client.close()
    if stopping.is_set():
        raise StoppedError
    return document


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        stream = file.open("rb")
    except OSError as error:
        raise UnavailableError(f"{file} cannot be read: {error.strerror}") from error
    with stream:
        yield stream


def _file_emitter(
    request: EmitRequest,
    client: EmitterClient,
    state: ControlState,
    performer: CommandPerformer | None,
    summary: EmitSummary,
    stopping: threading.Event,
    observe: Observe,
) -> FileEmitter:
    keys = EmitterKeys(request.keys or request.data / "keys" / "emitters", system_random)
    platform = platform_signer(request.data) if performer is not None else None
    return FileEmitter(
        client,
        state,
        keys,
        platform,
        performer,
        summary,
        stopping,
        SystemClock(),
        system_random,
        rate=request.rate,
        progress=observe,
    )


def _line(request: EmitRequest, run: dict[str, Any], state: ControlState) -> Line:
    assert state.catalogue is not None
    if request.http is not None:
        return HttpLine(request.http)
    kafka = KafkaAddress(request.kafka or run["kafka"])
    return KafkaLine(kafka, Topics(state.catalogue).topic, SystemClock())


def _keeper(
    request: EmitRequest, log_keys: list[VerifierKey], summary: EmitSummary
) -> Callable[[SubmissionItem, Answer], None]:
    if request.receipts is None:
        return summary.answered
    folder = ReceiptFolder(request.receipts, log_keys)

    def keep(item: SubmissionItem, answer: Answer) -> None:
        folder.keep(item, answer)
        summary.answered(item, answer)

    return keep


def _document(summary: EmitSummary, performer: FilePerformer) -> dict[str, Any]:
    """Return the summary; a command that a gate refused in an earlier run counts as refused."""
    outcomes, before = summary.outcomes, performer.refused_before
    return {
        "committed": outcomes["committed"],
        "duplicate": outcomes["duplicate"],
        "rejected": outcomes["rejected"],
        "gate_refused": outcomes["gate_refused"] + len(before),
        "gate_rules": dict(summary.gate_rules + Counter(chain.from_iterable(before))),
        "codes": dict(summary.codes),
        "commands": summary.commands,
        "not_performed": dict(performer.refused),
        "registered": summary.registered,
        "resent": summary.resent,
        "unanswered": summary.unanswered,
    }


def check_summary(document: dict[str, Any]) -> None:
    """Raise RejectedError where acts were refused, UnavailableError where some have no answer."""
    if document["unanswered"]:
        raise UnavailableError(f"{document['unanswered']} acts have no answer; emit again")
    if document["rejected"]:
        codes = ", ".join(f"{code} {count}" for code, count in sorted(document["codes"].items()))
        raise RejectedError("REJECTED", f"{document['rejected']} acts were refused: {codes}")
