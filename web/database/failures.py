"""Which database errors pass by themselves (locked, full, gone), so that one waits instead of giving up."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as BusyError

#: Everything that is raised when a statement does not get through.
ANY: tuple[type[Exception], ...] = (DBAPIError, BusyError)

_FINAL = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


def passes(err: Exception) -> bool:
    """True when the same statement may succeed later; False when something is wrong with the statement itself."""
    return isinstance(err, ANY) and not isinstance(err, _FINAL)


#: In SQLite's words: SQLITE_CORRUPT, SQLITE_NOTADB, a table that was dropped, and the one that says which there are.
_DAMAGE = ("database disk image is malformed", "file is not a database", "no such table", "already exists")


def is_damage(err: BaseException) -> bool:
    """Whether the database's file itself is damaged."""
    words = str(getattr(err, "orig", None) or err)
    return any(one in words for one in _DAMAGE)


def first_line(err: Exception) -> str:
    """What happened, without the statement and its values."""
    return (str(getattr(err, "orig", None) or err).splitlines() or [type(err).__name__])[0][:200]
