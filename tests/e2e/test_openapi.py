"""The API does what its description says: checked by a program that makes requests from it.

Schemathesis draws requests for every operation, sound and unsound ones, and checks status, content
type, body and headers of each answer against the description. As the public: what needs a login
answers 401, which is described too.
"""

from __future__ import annotations

import re
from unittest import SkipTest

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from consumers.emitter.transport import CONTAINER_TYPE
from tests.support.api import ask
from tests.support.running import RunningLedger

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@schemathesis.serializer(CONTAINER_TYPE)
def as_bytes(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send whatever was drawn as the body of the intake."""
    return value if isinstance(value, bytes) else str(value).encode()


EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def faults_of(operation: schemathesis.APIOperation) -> list[str]:
    """Return what the answers to drawn requests of one operation did not keep."""

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def sound(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def unsound(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    faults = []
    for draw in (sound, unsound):
        try:
            draw()
        except (FailureGroup, Unsatisfiable, SkipTest) as error:
            if isinstance(error, FailureGroup):
                faults += [f"{operation.label}: {one}" for one in error.exceptions]
    return faults


def test_the_api_is_as_described(seeded: RunningLedger) -> None:
    """No answer, to sound or unsound requests, is one that the description does not know."""
    api = schemathesis.openapi.from_url(seeded.url("/openapi.json"))
    operations = [result.ok() for result in api.get_all_operations()]

    faults = [fault for operation in operations for fault in faults_of(operation)]

    assert len(operations) > 30
    assert faults == []


PLACES = {"log": "0", "index": "0", "path": "entries/000.p/1"}


def test_logins_are_asked_for_where_the_description_says(seeded: RunningLedger) -> None:
    """Every operation is asked without a login: 401 where one is needed, and nowhere else."""
    document = ask(seeded, "/openapi.json").document
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            address = re.sub(r"\{(\w+)[^}]*\}", lambda found: PLACES.get(found[1], "x"), path)
            body = {} if method == "post" else None

            status = ask(seeded, address, method.upper(), body).status

            security = operation.get("security", [{}])
            assert (status == 401) == ({} not in security), (method, path)
