"""Texts of the law in a running ledger: read the rule set that counts, publish the next one.

Read before: ``portal/cli/rule.py``. Read next: ``ledger/domain/published_texts.py``, which judges a
text before its entry is made.

A rule set or a calendar is an act of the platform in the control log, so a change of the law needs
no other program. Whoever can read the platform's key file can do what is done here.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, Final

from consumers.emitter.platform_acts import LawText
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.domain.control import ControlState
from ledger.domain.published_texts import parse_calendar, parse_rule_set
from ledger.errors import MalformedError
from ledger.store.log_tables import CONTROL
from portal.programs.platform_hand import open_platform
from portal.programs.streams import open_ledger

RULES: Final = "RuleSetPublished"
CALENDAR: Final = "CalendarVersionPublished"
_STREAMS: Final = {RULES: "platform:rules", CALENDAR: "platform:calendar"}
_EPOCH: Final = dt.date(1970, 1, 1)


def read_text(data: Path, version: str | None) -> str:
    """Return the text of a rule set as it was published.

    Args:
        data: Data folder.
        version: Of the rule set; None: of the one in force.

    Raises:
        MalformedError: ``NOT_FOUND``: no such rule set is published.
        UnavailableError: Database or tile store is away.
        VerificationError: The control log is not what was promised.
    """
    with open_ledger(data) as ledger:
        current = ledger.state.rule_set
        wanted = version or (None if current is None else current.version)
        for stored in ledger.proven[CONTROL].stream_entries(_STREAMS[RULES]):
            payload = _payload(ledger.state, stored)
            if payload["version"] == wanted:
                return str(payload["text"])
    raise MalformedError(f"no rule set {wanted} is published", code="NOT_FOUND")


def read_file(file: Path, effective_from: dt.date | None = None) -> LawText:
    """Read a rule set, or a calendar of one year, from a file.

    Args:
        file: JSON, as ``read_text`` gives it; spaces do not matter.
        effective_from: First day on which it counts; None: as the text says.

    Raises:
        MalformedError: It is neither, or has a fault.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        is_calendar = "year" in document
        said = f"{document['year']}-01-01" if is_calendar else document["effective_from"]
        start = effective_from or dt.date.fromisoformat(said)
        version = str(document["version"])
    except OSError as error:
        raise MalformedError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedError(f"{file} is no rule set and no calendar") from error
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    day = (start - _EPOCH).days
    payload = {"version": version, "text": text, "effectiveFrom": day}
    (parse_calendar if is_calendar else parse_rule_set)(payload)
    return LawText(CALENDAR if is_calendar else RULES, version, day, text)


def publish(data: Path, text: LawText) -> None:
    """Have the ledger take a text; it counts for entries after it, from its first day on.

    Raises:
        RejectedError: The ledger refuses it, with the code.
        UnavailableError: The ledger does not run.
    """
    with open_platform(data) as platform:
        stream = _STREAMS[text.event_type]
        platform.submit(platform.acts.text_published(stream, text, platform.now()))


def _payload(state: ControlState, stored: bytes) -> dict[str, Any]:
    act = decode_act(decode_entry(stored).act)
    return dict(state.codec(act.event_type, act.schema_version).decode(act.payload))
