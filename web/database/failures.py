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


def is_damage(err: BaseException) -> bool:
    """Whether the database's file itself is damaged: SQLITE_CORRUPT and SQLITE_NOTADB, in SQLite's words."""
    words = str(getattr(err, "orig", None) or err)
    return "database disk image is malformed" in words or "file is not a database" in words


def first_line(err: Exception) -> str:
    """What happened, without the statement and its values."""
    return (str(getattr(err, "orig", None) or err).splitlines() or [type(err).__name__])[0][:200]
