"""What a shift says, and what no shift may say, whoever enters it. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from web.duty.policy import OF_ALL_SITES, Duty

#: The event that tells dashboards to read anew what hangs on the roster, the policy, or who is who.
CHANGED = "duty.changed"
LONGEST = timedelta(days=7)
MOST_NOTE = 200
#: Controls, marks of direction, halves of characters: what turns a line round, or no database keeps.
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: ``row`` of a table from 1, None: the whole; ``code``: a word of ours."""

    row: int | None
    column: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Terms:
    """A shift but for its person; ``site`` None: all."""

    site: str | None
    duty: Duty
    start: datetime
    end: datetime
    note: str | None = None

    def tidy(self) -> Terms:
        """With a note in one line, and moments to the millisecond."""
        note = " ".join((self.note or "").split()) or None
        return replace(self, note=note, start=_whole_ms(self.start), end=_whole_ms(self.end))


def faults_of(terms: Terms) -> Iterator[Fault]:
    """Whatever is wrong with it in itself."""
    if terms.site is None and terms.duty not in OF_ALL_SITES:
        yield Fault(None, "site", "one-site", f"'{terms.duty}' is a duty at one site: name it")
    if terms.end <= terms.start:
        yield Fault(None, "end", "order", "the end is not after the start")
    elif terms.end - terms.start > LONGEST:
        yield Fault(None, "end", "too-long", f"a shift lasts at most {LONGEST.days} days")
    note = terms.tidy().note or ""
    if len(note) > MOST_NOTE:
        yield Fault(None, "note", "note", f"a note has at most {MOST_NOTE} characters")
    if any(unicodedata.category(one) in _UNSEEN for one in note):
        yield Fault(None, "note", "note", "a note has no control characters")


def _whole_ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
