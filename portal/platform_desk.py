"""Where a person's command becomes acts of the platform, and where its answer is waited for.

Read before: ``portal/commands.py``. Read next: ``portal/api/commands.py``.

The acts are signed with the platform's key and go the way of every act: through Kafka to the
appender, whose gate decides on the stream as it is then. Given the same ``reference`` again, a
command that the ledger has carried out, or refused, is not carried out twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from starlette.concurrency import run_in_threadpool

from consumers.emitter.ledger_copy import vault_key
from consumers.emitter.submission import UnsealedAct, build_items
from consumers.platform.acts import Order
from ledger.chain.digests import sha256_digest
from ledger.chain.ids import uuid7, uuid_text
from ledger.chain.jcs import canonical_json
from ledger.clock import system_random
from ledger.errors import RejectedError
from portal.api.cases import matter_row
from portal.auth import Account
from portal.commands import COMMANDS, CommandBody, Given
from portal.intake.outcome_board import Answer
from portal.intake.records import IntakeRecord, intake_record
from portal.resources import Resources

MICROS_PER_MILLI: Final = 1_000


class Asked(NamedTuple):
    """A command as a person gave it.

    Attributes:
        kind: A key of ``COMMANDS``.
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
    """What came of a command: its acts as they were sent, and the ledger's answers."""

    records: Sequence[IntakeRecord]
    answers: Sequence[Answer | None]


async def carry_out(resources: Resources, asked: Asked) -> Done:
    """Build, sign and send the acts of a command, and wait for the answers.

    Args:
        resources: Stores, keys, and the way to the ledger.
        asked: The command; the person's role was checked by the caller.

    Raises:
        RejectedError: It cannot be put into acts; nothing was sent. Code ALREADY_DONE: it was.
        UnavailableError: A store or Kafka is away.
    """
    records = await run_in_threadpool(_records, resources, asked)
    return Done(records, await resources.delivery.deliver(records))


def _records(resources: Resources, asked: Asked) -> list[IntakeRecord]:
    matter = matter_row(resources, asked.body.case_id)
    reference = None
    if asked.reference is not None:
        named = [asked.account.user, asked.kind, asked.reference]
        reference = sha256_digest(canonical_json(named))
    order = Order(
        asked.body.case_id,
        matter.agency_id,
        asked.account.person_id,
        resources.clock.now_micros(),
        item_code=matter.item_code,
        reference=reference,
    )
    row = COMMANDS[asked.kind]

    def new_id(prefix: str) -> str:
        return prefix + uuid_text(uuid7(order.at // MICROS_PER_MILLI, system_random(10)))

    with resources.platform_commands() as commands:
        if reference is not None and commands.is_done(order, row.last_act):
            raise RejectedError("ALREADY_DONE", "this command was carried out before")
        acts = row.build(commands, Given(order, asked.ip, new_id), asked.body)
    return _signed(resources, acts)


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
