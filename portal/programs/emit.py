"""``lianzheng emit``: a file's acts signed, sealed and sent, its commands performed.

Read before: ``portal/cli/emit.py``. Read next: ``consumers/emitter/emit_file.py``.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from consumers.emitter.answers import Answer
from consumers.emitter.client import EmitterClient, Line
from consumers.emitter.emit_file import CommandPerformer, EmitSummary, FileEmitter
from consumers.emitter.emitter_keys import EmitterKeys
from consumers.emitter.http_line import HttpLine
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.ledger_copy import read_control_state
from consumers.emitter.receipt_folder import ReceiptFolder
from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import Topics
from consumers.generate.records import read_records
from consumers.kafka_client import KafkaAddress
from ledger.chain.note_keys import VerifierKey
from ledger.chain.notes import read_vkeys
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from ledger.errors import RejectedError, UnavailableError
from portal.cli.context import read_run
from portal.cli.verifying import open_source
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


def emit(request: EmitRequest, observe: Observe) -> dict[str, Any]:
    """Emit a file; return the summary.

    Raises:
        UnavailableError: The ledger does not run, or an outage outlasted every retry.
        RejectedError: The file needs something that this ledger does not allow.
    """
    run = read_run(request.data)
    log_keys = [
        key for log in run["logs"] for key in read_vkeys(Path(log["vkey_file"]).read_text())
    ]
    state = read_control_state(open_source(run["logs"][0]["url"]), log_keys)
    if state.ledger is None or state.catalogue is None:
        raise UnavailableError("the control log has no catalogue yet; try again in a moment")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    summary = EmitSummary()
    line = _line(request, run, state)
    client = EmitterClient(line, _keeper(request, log_keys, summary), stopping, SystemClock())
    synthetic = state.ledger.synthetic
    try:
        with open_performer(request.data, state, stopping) as performer:
            _emit_records(
                request, client, state, performer if synthetic else None, summary, stopping, observe
            )
    finally:
        client.close()
    if stopping.is_set():
        raise UnavailableError("stopped before everything was answered; emit again to go on")
    return _document(summary)


def _emit_records(
    request: EmitRequest,
    client: EmitterClient,
    state: ControlState,
    performer: CommandPerformer | None,
    summary: EmitSummary,
    stopping: threading.Event,
    observe: Observe,
) -> None:
    keys = EmitterKeys(request.keys or request.data / "keys" / "emitters", system_random)
    platform = platform_signer(request.data) if performer is not None else None
    emitter = FileEmitter(
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
    try:
        with request.file.open("rb") as stream:
            emitter.emit(read_records(stream))
    except OSError as error:
        raise UnavailableError(f"{request.file} cannot be read: {error.strerror}") from error


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


def _document(summary: EmitSummary) -> dict[str, Any]:
    outcomes = summary.outcomes
    return {
        "committed": outcomes["committed"],
        "duplicate": outcomes["duplicate"],
        "rejected": outcomes["rejected"],
        "gate_refused": outcomes["gate_refused"],
        "codes": dict(summary.codes),
        "commands": summary.commands,
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
