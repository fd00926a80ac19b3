"""Whether the chain is whole: what was altered first, and how. Pure, but for reading the rows.

An entry that was altered does not fit its own hash, or the next one's ``prev``. Who may write the database can make all
hashes anew from there on; that, and a chain that was cut off at its end, only day roots from outside show.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import rfc3339
from web.audit.entry import GENESIS, canonical, hash_of
from web.database.schema_audit import AuditEntry

PAGE = 1000
#: An entry that stands at another place is looked for so many places away; one that came from further is "changed".
MOVED = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

What = Literal["changed", "missing", "inserted", "reordered", "cut off"]


@dataclass(frozen=True, slots=True)
class Link:
    """A row as it stands in the database, whatever somebody made of it."""

    seq: int
    at: Any  # microseconds
    detail: Any  # JSON
    rest: dict[str, Any]
    prev: str
    hash: str

    def fits(self, seq: int) -> bool:
        """Whether its hash is that of its text, were ``seq`` its number."""
        text = self._text(seq)
        try:
            return text is not None and hash_of(self.prev, text) == self.hash
        except UnicodeEncodeError:  # what was no text in the database is none here
            return False

    def _text(self, seq: int) -> str | None:
        detail = parsed(self.detail)
        try:
            at = _EPOCH + timedelta(microseconds=self.at)
            if detail is None or at.microsecond % 1000:
                return None
            return canonical({"seq": seq, "at": rfc3339(at), "detail": detail, **self.rest})
        except (TypeError, ValueError, OverflowError):  # a column holds what it never was given
            return None


@dataclass(frozen=True, slots=True)
class Root:
    """The chain's head at the end of a day, as it was sent outside."""

    day: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Alteration:
    """The first entry that is not as it was written, and what happened to it; ``seq`` is its number then."""

    seq: int
    what: What
    detail: str


class Verifier:
    """Takes the rows in the order of their numbers, each with the one behind it; ``whole`` counts those that fit."""

    def __init__(self, roots: Iterable[Root] = ()) -> None:
        self._roots: dict[int, list[Root]] = defaultdict(list)
        for root in roots:
            self._roots[root.seq].append(root)
        self._hash = GENESIS
        self._held = 0  # up to here a root says the same
        self.whole = 0

    def take(self, link: Link, following: Link | None) -> Alteration | None:
        """What is wrong with ``link``, or just before it."""
        expected = self.whole + 1
        if link.seq < expected:
            return Alteration(link.seq, "inserted", "no entry has this number")
        if link.seq > expected:
            return Alteration(expected, "missing", _range(expected, link.seq - 1, "not there"))
        if not link.fits(link.seq):
            return _misfit(link, following)
        if link.prev != self._hash:
            return _unlinked(link, following)
        for root in self._roots.get(link.seq, ()):
            if root.hash != link.hash:
                first = self._held + 1
                why = f"the day root of {root.day} has another hash for entry {link.seq}: rewritten from {first} on"
                return Alteration(first, "changed", f"{why} at the earliest")
            self._held = link.seq
        self._hash, self.whole = link.hash, link.seq
        return None

    def end(self) -> Alteration | None:
        """What is missing at the end, as far as roots say so."""
        beyond = [root for some in self._roots.values() for root in some if root.seq > self.whole]
        if not beyond:
            return None
        furthest = max(beyond, key=lambda root: root.seq)
        said = f"the day root of {furthest.day} is of entry {furthest.seq}"
        return Alteration(self.whole + 1, "cut off", f"the log ends at {self.whole}, {said}")


def _misfit(link: Link, following: Link | None) -> Alteration:
    """A row that does not fit its number: perhaps it fits another one."""
    near = (link.seq + step * way for step in range(1, MOVED) for way in (1, -1))
    was = next((seq for seq in near if seq > 0 and link.fits(seq)), None)
    if was is None:
        if _moved_up(following):
            return Alteration(link.seq, "inserted", "those behind it were numbered anew")
        return Alteration(link.seq, "changed", "its hash is not that of what it says")
    moved = was - link.seq
    if following is not None and not following.fits(following.seq + moved):
        return Alteration(link.seq, "reordered", f"what stands there was entry {was}")
    if moved > 0:
        return Alteration(link.seq, "missing", _range(link.seq, was - 1, "taken out, those behind numbered anew"))
    return Alteration(was, "inserted", "those behind it were numbered anew")


def _unlinked(link: Link, following: Link | None) -> Alteration:
    """A row that is whole but was linked to another one: either was made anew, with a hash that fits."""
    if _moved_up(following):
        return Alteration(link.seq, "inserted", "those behind it were numbered anew")
    linked = following is None or following.prev == link.hash
    altered = max(1, link.seq - 1) if linked else link.seq
    return Alteration(altered, "changed", "it was made anew: what is linked to it was linked to another entry")


def _moved_up(following: Link | None) -> bool:
    return following is not None and not following.fits(following.seq) and following.fits(following.seq - 1)


def _range(first: int, last: int, words: str) -> str:
    return f"entry {first} is {words}" if first == last else f"entries {first} to {last} are {words}"


def parsed(detail: Any) -> dict[str, Any] | None:
    """The detail; None when it is not canonical JSON of an object."""
    try:
        found = json.loads(detail)
        return found if isinstance(found, dict) and canonical(found) == detail else None
    except (TypeError, ValueError, RecursionError):
        return None


async def check(connection: AsyncConnection, roots: Iterable[Root] = ()) -> tuple[int, Alteration | None]:
    """How many entries are whole from the first on, and what comes then; None: nothing.

    In SQLite ``connection`` then gives for bytes that are no text what Python makes of them.
    """
    verifier = Verifier(roots)
    before: Link | None = None
    if connection.dialect.name == "sqlite":  # bytes that are no text are an alteration, not a fault of the database
        raw: Any = (await connection.get_raw_connection()).driver_connection
        raw.text_factory = _decoded
    async for link in links(connection):
        if before is not None and (found := verifier.take(before, link)) is not None:
            return verifier.whole, found
        before = link
    if before is not None and (found := verifier.take(before, None)) is not None:
        return verifier.whole, found
    return verifier.whole, verifier.end()


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


async def links(connection: AsyncConnection) -> AsyncIterator[Link]:
    """Every row, in the order of the numbers, without what a column's type makes of it."""
    columns = AuditEntry.__table__.columns
    raw = [column if column.name != "at" else type_coerce(column, BigInteger).label("at") for column in columns]
    seq: int | None = None
    while True:
        query = select(*raw).order_by(AuditEntry.seq).limit(PAGE)
        if seq is not None:
            query = query.where(AuditEntry.seq > seq)
        rows = (await connection.execute(query)).mappings().all()
        for row in rows:
            rest = {name: row[name] for name in row if name not in ("seq", "at", "detail", "prev", "hash")}
            yield Link(row["seq"], row["at"], row["detail"], rest, str(row["prev"]), str(row["hash"]))
        if len(rows) < PAGE:
            return
        seq = rows[-1]["seq"]
