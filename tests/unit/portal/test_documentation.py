"""The API's description names logins, media types, bodies and choices; the page shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI

from portal.api.app import ROUTERS
from portal.api.documentation import openapi_document
from portal.commands import COMMANDS
from portal.pages import compiled_template
from portal.permissions import PERMISSIONS
from schemas.loader import event_schemas

SYMBOLS = {
    ("RequestRetrieval", "purpose"): ("RetrievalRequested", "purpose"),
    ("RequestRetrieval", "mode"): ("RetrievalRequested", "mode"),
    ("WithholdDisclosure", "ground"): ("DisclosureWithheld", "ground"),
    ("WithdrawDisclosure", "ground"): ("DisclosureWithdrawn", "ground"),
    ("DraftDisclosure", "channel"): ("DisclosureDrafted", "channel"),
    ("CloseRetrieval", "outcome"): ("RetrievalClosed", "outcome"),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    return openapi_document(app)


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_answer_with_a_body_has_a_media_type(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            assert (status == "304") != bool(answer.get("content")), (name, status)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])
    text = json.dumps(document)
    found = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert found <= names
    schemes = set(document["components"]["securitySchemes"])
    for _, operation in operations(document):
        for way in operation.get("security", []):
            assert set(way) <= schemes


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_says_who_may_give_it_and_what_comes(document: dict[str, Any], kind: str) -> None:
    operation = document["paths"][f"/v1/commands/{kind}"]["post"]

    assert set(operation["x-roles"]) == {str(r) for r in PERMISSIONS[COMMANDS[kind].permission]}
    assert {} not in operation["security"]
    assert operation["security"]
    assert {"200", "201", "401", "403", "default"} <= set(operation["responses"])
    body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert body.endswith(COMMANDS[kind].body.__name__)
    for status in ("200", "201"):
        schema = operation["responses"][status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/CommandDone"}


@pytest.mark.parametrize("place", SYMBOLS)
def test_choices_are_the_symbols_of_the_acts(
    document: dict[str, Any], place: tuple[str, str]
) -> None:
    """Each with its Chinese word."""
    event_type, name = SYMBOLS[place]
    fields = json.loads(event_schemas()[event_type, 1])["fields"]
    symbols = next(one["type"]["symbols"] for one in fields if one["name"] == name)
    field = document["components"]["schemas"][place[0]]["properties"][place[1]]

    assert field["enum"] == symbols
    assert all(f"{symbol} " in field["description"] for symbol in symbols)


def test_the_page_shows_bodies_and_logins(document: dict[str, Any]) -> None:
    template = compiled_template("docs.html")
    context = template.new_context({"document": document})

    text = "".join(template.blocks["content"](context))

    assert "调阅目的代码" in text
    assert "STATUTORY_QUERY" in text
    assert "角色：经办人、审核人、执法监督员、审计员。" in text
    assert text.count("须登录") >= len(COMMANDS)
    assert "date-time" in text
