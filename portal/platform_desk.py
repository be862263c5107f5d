"""Where a person's command becomes acts of the platform, and where its answer is waited for.

Read before: ``portal/commands.py``. Read next: ``portal/api/commands.py``.

The acts are signed with the platform's key and go the way of every act: through Kafka to the
appender, whose gate decides on the stream as it is then. Given the same ``reference`` again, a
command that the ledger has carried out, or refused, is not carried out twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from starlette.concurrency import run_in_threadpool

from consumers.emitter.ledger_copy import vault_key
from consumers.emitter.submission import UnsealedAct, build_items
from consumers.platform.acts import Order, ordered_id
from ledger.chain.act import Act, decode_act
from ledger.chain.digests import sha256_digest
from ledger.chain.entry import Entry, Source, split_entry
from ledger.chain.ids import uuid7, uuid8, uuid_text
from ledger.chain.jcs import canonical_json
from ledger.chain.outcomes import DUPLICATE, GATE_REFUSED, Outcome
from ledger.chain.outcomes import Problem as OutcomeProblem
from ledger.chain.proofs import inclusion_path
from ledger.clock import system_random
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct
from portal.access import require_agency
from portal.api.cases import matter_row
from portal.api.problem import problem
from portal.auth import Account
from portal.commands import ROWS, CommandBody, Given
from portal.intake.answers import problem_of
from portal.intake.outcome_board import Answer
from portal.intake.records import IntakeRecord, intake_record
from portal.resources import Resources

MICROS_PER_MILLI: Final = 1_000
_ID_NAMES: Final = {"Disclosure": "disclosure_id", "Retrieval": "retrieval_id"}
_NO_SOURCE: Final = Source("", "", 0, 0, 0)  # Answered from the ledger: nobody waits by place.


class Asked(NamedTuple):
    """A command as a person gave it.

    Attributes:
        kind: A key of ``ROWS``.
        body: What was given with it.
        account: Whose command it is.
        ip: Address of the person; goes into a commitment.
        reference: Names the command for ever (Idempotency-Key), None for one nobody repeats.
    """

    kind: str
    body: CommandBody
    account: Account
    ip: str
    reference: str | None = None


class Done(NamedTuple):
    """What came of a command.

    Attributes:
        event_ids: Of its acts, in their order.
        answers: What the ledger says of each.
        ids: What the acts are about, by the name a next command asks for it.
        is_repeat: The command was given before, and nothing was sent.
    """

    event_ids: Sequence[str | None]
    answers: Sequence[Answer | None]
    ids: Mapping[str, str]
    is_repeat: bool = False


async def carry_out(resources: Resources, asked: Asked) -> Done:
    """Build, sign and send the acts of a command, and wait for the answers.

    A command that was given before under its reference is answered from the ledger.

    Args:
        resources: Stores, keys, and the way to the ledger.
        asked: The command; the person's role was checked by the caller.

    Raises:
        RejectedError: It cannot be put into acts, or its reference names another command (code
            IDEMPOTENCY_KEY_REUSED); nothing was sent.
        UnavailableError: A store or Kafka is away.
    """
    order = await run_in_threadpool(_order, resources, asked)
    earlier = await run_in_threadpool(_earlier, resources, asked, order)
    if earlier is not None:
        return earlier
    acts = await run_in_threadpool(_acts, resources, asked, order)
    records = await run_in_threadpool(_signed, resources, acts)
    answers = await resources.delivery.deliver(records)
    if order.reference is not None and any(_is_reused(answer) for answer in answers):
        # The same command is under way twice, and the other was taken first.
        earlier = await run_in_threadpool(_earlier, resources, asked, order)
        if earlier is not None:
            return earlier
    ids = made_ids(resources.control.state, [decode_act(act.value) for act in acts])
    return Done([record.event_id for record in records], answers, ids)


def made_ids(state: ControlState, acts: Iterable[Act]) -> dict[str, str]:
    """Return what a command's acts are about: ids of disclosure, retrieval and access."""
    ids = {}
    for act in acts:
        name = _ID_NAMES.get(act.aggregate_type)
        if name is not None:
            ids[name] = act.aggregate_id
        payload = state.codec(act.event_type, act.schema_version).decode(act.payload)
        if "accessId" in payload:
            ids["access_id"] = str(payload["accessId"])
    return ids


def _order(resources: Resources, asked: Asked) -> Order:
    matter = matter_row(resources, asked.body.case_id)
    if ROWS[asked.kind].is_owners:
        with resources.platform_commands() as commands:
            owner = commands.read(asked.body.case_id).owner
        require_agency(resources, asked.account, owner)
    order = Order(
        asked.body.case_id,
        matter.agency_id,
        asked.account.person_id,
        resources.clock.now_micros(),
        item_code=matter.item_code,
    )
    if asked.reference is None:
        return order
    named = [asked.account.user, asked.kind, asked.reference]
    reference = sha256_digest(canonical_json(named))
    return order._replace(
        reference=reference, correlation_id=_body_id(resources, reference, asked.body)
    )


def _body_id(resources: Resources, reference: str, body: CommandBody) -> bytes:
    """Return what stands for a command's body in its acts: 16 bytes.

    Under a secret key, because a reason that was sealed could be guessed from a plain digest.
    """
    said = canonical_json([reference, body.model_dump(mode="json")])
    return uuid8(hmac.digest(resources.command_key, said, "sha256"))


def _acts(resources: Resources, asked: Asked, order: Order) -> Sequence[UnsealedAct]:
    def new_id(prefix: str) -> str:
        if order.reference is None:
            return prefix + uuid_text(uuid7(order.at // MICROS_PER_MILLI, system_random(10)))
        # Under a reference every attempt makes the same, so no two can be mixed.
        return prefix + uuid_text(ordered_id(resources.facts.ledger, order.reference, prefix))

    with resources.platform_commands() as commands:
        given = Given(order, asked.ip, new_id)
        return ROWS[asked.kind].build(commands, given, asked.body)


def _earlier(resources: Resources, asked: Asked, order: Order) -> Done | None:
    """Return what the ledger said of a command when it was given before; None: never."""
    if order.reference is None:
        return None
    last_act = ROWS[asked.kind].last_act
    event_id = ordered_id(resources.facts.ledger, order.reference, last_act)
    # Asked before the matter is read: what is committed in between is then found in the matter.
    is_known = any(one.find_event(event_id) is not None for one in resources.recorders.values())
    with resources.platform_commands() as commands:
        earlier = commands.earlier(order, last_act)
    if earlier is None:
        if is_known:
            raise problem("IDEMPOTENCY_KEY_REUSED", pointer="/case_id")
        return None
    # What the platform says by itself is of no order.
    said = (None, order.correlation_id)
    if any(item.act.correlation_id not in said for item in earlier.acts):
        raise problem("IDEMPOTENCY_KEY_REUSED")
    acts = [item.act for item in earlier.acts]
    event_ids = [uuid_text(act.event_id) for act in acts]
    answers = [receipt_of(resources, earlier.log, item.entry) for item in earlier.acts]
    if earlier.refusal is not None:
        refused_id, answer = _refused(earlier.refusal)
        event_ids.append(refused_id)
        answers.append(answer)
    return Done(event_ids, answers, made_ids(resources.control.state, acts), is_repeat=True)


def receipt_of(resources: Resources, log: str, entry: Entry) -> Answer | None:
    """Return the answer for an act that is in the ledger, None while nothing may be said of it."""
    checkpoint, size = resources.promise(log)
    index = entry.leaf_index
    if index >= size:
        return None
    recorder = resources.recorders[log]
    extra, _ = split_entry(resources.proven[log].entry(index))
    path = inclusion_path(index, size, recorder.node_reader())
    event_id = decode_act(entry.act).event_id
    source = entry.source or _NO_SOURCE
    return Answer(
        Outcome(event_id, source, DUPLICATE, index, extra, tuple(path)), bytes(checkpoint)
    )


def _refused(refusal: StreamAct) -> tuple[str, Answer]:
    """Return the refused act's id and what its sender was told."""
    refused_id = refusal.act.causation_id
    assert refused_id is not None
    fault = OutcomeProblem("GATE_REFUSED", failed=tuple(refusal.payload["failed"]))
    source = refusal.entry.source or _NO_SOURCE
    outcome = Outcome(refused_id, source, GATE_REFUSED, refusal.entry.leaf_index, problem=fault)
    return uuid_text(refused_id), Answer(outcome, b"")


def _is_reused(answer: Answer | None) -> bool:
    """Return whether an act's id is known with other bytes, whichever topic said so first."""
    fault = problem_of(answer, None)
    return fault is not None and fault.code.startswith("R4_")


def _signed(resources: Resources, acts: Sequence[UnsealedAct]) -> list[IntakeRecord]:
    items = build_items(
        resources.facts.ledger,
        acts,
        [resources.platform_signer],
        vault_key(resources.control.state),
        resources.clock,
        system_random,
    )
    topics = resources.topics()
    return [intake_record(item, topics) for item in items]
