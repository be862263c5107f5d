"""Routes that take a JSON body: who asks and what it claims to be are looked at before it is read.

Read before: ``portal/api/edge.py``. Read next: ``portal/api/commands.py``.

The framework reads and checks a body first of all. Here a stranger learns only that a login is
wanted, never what a sound body looks like, and no bytes are guessed to be JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from portal.api.problem import problem

JSON_TYPE: Final = "application/json"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class JsonRoute(APIRoute):
    """A route whose body is JSON, and says so."""

    def get_route_handler(self) -> Handler:
        """Return the handler, behind the checks."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            self.check_access(request)
            if self.body_field is not None:
                check_media_type(request)
            return await handle(request)

        return checked

    def check_access(self, request: Request) -> None:
        """Check who asks; here everybody may.

        Raises:
            ProblemError: NOT_LOGGED_IN, FORBIDDEN or CSRF.
        """


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type, without parameters; case does not count."""
    return content_type.partition(";")[0].strip().lower()


def check_media_type(request: Request) -> None:
    """Check that a body says it is JSON.

    Raises:
        ProblemError: UNSUPPORTED_MEDIA_TYPE.
    """
    if media_type(request.headers.get("content-type", "")) != JSON_TYPE:
        raise problem("UNSUPPORTED_MEDIA_TYPE", headers={"accept-post": JSON_TYPE})
