"""Asking a recorder what its files hold: ``ctl.v1.<site>.<camera>.fragments``. Bytes themselves: ``ReadRequest``.

A row of a table is a group: the whole fragments from one key frame up to the next. Rows stand in the file's order.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vms.domain.messages import Message

#: So many files in one request: a table takes about a kilobyte, and a disk that is asleep seconds for all of them.
MOST_SEGMENTS = 32


class FragmentsRequest(Message):
    """The tables of some of a camera's files, by segment id."""

    segments: Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_SEGMENTS)]


class FragmentTable(Message):
    """One file's groups, as columns; times in the track's ticks, places in bytes from the file's start.

    ``growing``: the file is still written (``.part``), so that its last group may become longer.
    """

    segment: str
    error: Literal["not_found", "bad_request", "disk"] | None = None
    growing: bool = False
    init_bytes: int = 0  # the initialisation segment stands before the first group
    offsets: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    tfdts: tuple[int, ...] = ()  # decode time of the key frame
    durations: tuple[int, ...] = ()


class FragmentsReply(Message):
    """In the order of the request."""

    tables: tuple[FragmentTable, ...]
