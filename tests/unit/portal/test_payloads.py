"""Payloads for readers, and moments that readers ask for."""

from __future__ import annotations

import json

import pytest

from ledger.chain.avro import compile_codec
from portal.api.problem import ProblemError
from portal.as_of import ClockName, as_of
from portal.payloads import payload_schema
from schemas.loader import event_schemas, symbol_words
from tests.support.vectors import load

EVENT = ("PenaltyDecisionMade", 1)


def decision() -> tuple[str, dict]:
    """Return schema text and a decoded decision of the vectors."""
    from ledger.chain.act import decode_act

    text = event_schemas()[EVENT]
    act = decode_act(bytes.fromhex(load("submissions")["batches"][0]["acts"][0]))
    return text, compile_codec(text).decode(act.payload)


def test_a_payload_becomes_json_with_its_own_names() -> None:
    text, value = decision()

    document = payload_schema(text).document(value)

    json.dumps(document)
    assert document["doc"]["docNo"] == value["doc"]["docNo"]
    assert document["doc"]["docDate"].count("-") == 2
    assert document["facts"] == value["facts"].hex()
    assert all(isinstance(item["amountFen"], str | None) for item in document["penalties"])


def test_lines_have_chinese_names_and_show_no_sealed_value() -> None:
    text, value = decision()

    lines = payload_schema(text).lines(value)

    labels = [line.label for line in lines]
    assert "决定书 › 文号" in labels
    sealed = [line for line in lines if line.is_sealed]
    assert any(line.label == "违法事实" for line in sealed)
    assert all(value["facts"].hex() not in line.text for line in lines)


def test_lines_name_symbols_in_chinese() -> None:
    """No symbol of an enum is left in English; machines get it as it was sent."""
    text, value = decision()

    lines = {line.label: line.text for line in payload_schema(text).lines(value)}

    assert lines["当事人 › 证件类型"] == symbol_words()["IdScheme"][value["party"]["idScheme"]]
    assert payload_schema(text).document(value)["party"]["idScheme"] == value["party"]["idScheme"]


def test_a_symbol_without_a_word_is_shown_as_it_is() -> None:
    """A schema that somebody else published may have enums that we have no words for."""
    text = json.dumps(
        {
            "type": "record",
            "name": "Strange",
            "cn": "其他",
            "fields": [
                {
                    "name": "colour",
                    "cn": "颜色",
                    "type": {"type": "enum", "name": "Colour", "symbols": ["RED"]},
                }
            ],
        }
    )

    assert payload_schema(text).lines({"colour": "RED"}) == [("颜色", "RED", False)]


@pytest.mark.parametrize("text", event_schemas().values(), ids=[str(k) for k in event_schemas()])
def test_every_published_schema_can_be_read(text: str) -> None:
    """Whatever type a case holds, its page can name it."""
    assert payload_schema(text).term


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-11-25T12:00:00+08:00", 1_795_579_200_000_000),
        ("2026-11-25T12:00:00 08:00", 1_795_579_200_000_000),
        ("2026-11-25T04:00:00Z", 1_795_579_200_000_000),
        ("2026-11-25T12:00", 1_795_579_200_000_000),
        ("2026-11-25 12:00:00.000001", 1_795_579_200_000_001),
    ],
)
def test_a_moment_without_a_zone_is_beijings(text: str, micros: int) -> None:
    text = text.replace("00 08:00", "00 +08:00")
    assert as_of(text, ClockName.RECEIVED).received_at == micros
    assert as_of(text, ClockName.OCCURRED).occurred_at == micros


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "9" * 40, "0000-00-00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        as_of(text, ClockName.RECEIVED)


def test_no_moment_is_everything() -> None:
    assert as_of(None, ClockName.RECEIVED) == (None, None, None)
    assert as_of(" ", ClockName.OCCURRED, 3) == (None, None, 3)
