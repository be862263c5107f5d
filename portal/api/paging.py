"""Pages of lists: limit, cursor and the link to the next page, the same for every list.

Read before: ``portal/api/cursor.py``. Read next: ``portal/api/disclosures.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NamedTuple, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from portal.api.cursor import CURSOR_CHARS_MAX
from portal.resources import Resources
from projections.reading import Cursor, Listing

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100

LimitQuery = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="每页条数")]
CursorQuery = Annotated[
    str | None, Query(max_length=CURSOR_CHARS_MAX, description="上一页给出的翻页标记")
]

R = TypeVar("R", bound=tuple[Any, ...])


class ListRequest(NamedTuple):
    """Which page of which list is asked for.

    Attributes:
        path: Path of the list.
        filters: Query parameters that narrow it, without limit and cursor.
        limit: Rows a page.
        cursor: As it came, None for the first page.
    """

    path: str
    filters: Mapping[str, str]
    limit: int
    cursor: str | None

    @property
    def scope(self) -> str:
        """Return what a cursor is bound to: the list and its filters, not the page size."""
        return json.dumps([self.path.split(".")[0], sorted(self.filters.items())])


def position(request: Request, wanted: ListRequest) -> Cursor | None:
    """Return where the page begins; None: at the beginning.

    Raises:
        ProblemError: BAD_CURSOR.
    """
    resources: Resources = request.app.state.resources
    found = resources.cursors.read(wanted.scope, wanted.cursor)
    return None if found is None else Cursor(int(found[0]), str(found[1]))


def next_cursor(request: Request, wanted: ListRequest, listing: Listing[Any]) -> str | None:
    """Return the cursor of the next page, None on the last."""
    resources: Resources = request.app.state.resources
    if listing.next_cursor is None:
        return None
    return resources.cursors.write(wanted.scope, list(listing.next_cursor))


def next_path(request: Request, wanted: ListRequest, listing: Listing[Any]) -> str | None:
    """Return the path of the next page with its query, None on the last."""
    cursor = next_cursor(request, wanted, listing)
    if cursor is None:
        return None
    query = {**wanted.filters, "limit": str(wanted.limit), "cursor": cursor}
    return f"{wanted.path}?{urlencode(query)}"


def list_document(
    request: Request,
    response: Response,
    wanted: ListRequest,
    listing: Listing[R],
    document: Callable[[R], dict[str, Any]],
) -> dict[str, Any]:
    """Return one page of a list as JSON, and set the link to the next page.

    Args:
        request: As it came.
        response: Whose Link header is set.
        wanted: The page.
        listing: Its rows.
        document: Returns a row as JSON.
    """
    following = next_path(request, wanted, listing)
    if following is not None:
        response.headers["link"] = f'<{following}>; rel="next"'
    items = [document(row) for row in listing.rows]
    return {"items": items, "next_cursor": next_cursor(request, wanted, listing)}


def given(**filters: str | None) -> dict[str, str]:
    """Return the filters that were given, without surrounding spaces; empty ones are not."""
    return {name: text.strip() for name, text in filters.items() if text and text.strip()}
