"""Lists that are whole in memory, a page at a time. The cursor is the id of the last item of the page before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from web.problems import Problem

Limit = Annotated[int | None, Query(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=64)]


def page(items: Sequence[dict[str, Any]], limit: int | None, cursor: str | None) -> dict[str, Any]:
    """``{"items", "next"}``: what follows ``cursor``, ``limit`` of it. Raises ``Problem`` 422 for an unknown cursor."""
    begin = 0
    if cursor is not None:
        begin = next((number for number, item in enumerate(items, 1) if str(item["id"]) == cursor), 0)
        if begin == 0:
            raise Problem(422, "invalid", "'cursor' is not one that this list gave")
    chosen = items[begin:] if limit is None else items[begin : begin + limit]
    more = begin + len(chosen) < len(items)
    return {"items": chosen, "next": str(chosen[-1]["id"]) if more else None}
