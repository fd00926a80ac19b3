"""Where recordings lie and what they are called. A segment's id holds its path, so that no index is needed.

``<site>/<camera>/<YYYY-MM-DD>/<HH>/<YYYYMMDDTHHMMSSmmmZ>.mp4``, all UTC; one ``journal.jsonl`` a camera and day.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

from vms.domain.clock import from_epoch

PART = ".part"
JOURNAL = "journal.jsonl"
#: Of what is recorded; beyond them a day more, or another zone, is no date any more.
FIRST_YEAR, LAST_YEAR = 1970, 9998
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_STAMP = re.compile(r"(\d{8}T\d{6})(\d{3})Z(-\d+)?", re.ASCII)
_ID = re.compile(r"([a-z0-9][a-z0-9-]{0,62})\.(\d{8}T\d{9}Z(?:-\d{1,3})?)", re.ASCII)


def stamp_of(moment: datetime) -> str:
    """``20261122T022042125Z``."""
    moment = moment.astimezone(UTC)
    return moment.strftime("%Y%m%dT%H%M%S") + f"{moment.microsecond // 1000:03d}Z"


def moment_of(stamp: str) -> datetime:
    """The moment in a file's stem; anything else raises ``ValueError``."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        raise ValueError(f"'{stamp}' is no name of a segment")
    seconds = datetime.strptime(match.group(1), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return seconds.replace(microsecond=int(match.group(2)) * 1000)


def day_of(name: str) -> date | None:
    """The UTC day whose folder is called so; None for what is no day (``2026-02-30``), or one that no clock says."""
    if _DAY.fullmatch(name) is None:
        return None
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def segment_path(site: str, camera: str, stamp: str) -> PurePosixPath:
    """The closed file's path, relative to the recordings folder."""
    moment = moment_of(stamp)
    return PurePosixPath(site, camera, moment.strftime("%Y-%m-%d"), moment.strftime("%H"), f"{stamp}.mp4")


def segment_id(camera: str, stamp: str) -> str:
    """``<camera>.<stamp>``."""
    return f"{camera}.{stamp}"


def path_of_id(site: str, camera: str, segment: str) -> PurePosixPath:
    """The path of a segment by its id; raises ``ValueError`` for another camera's or a malformed id."""
    match = _ID.fullmatch(segment)
    if match is None or match.group(1) != camera:
        raise ValueError("no segment of this camera")
    return segment_path(site, camera, match.group(2))


def journal_path(root: Path, site: str, camera: str, at: float) -> Path:
    """The journal of the UTC day of ``at`` (seconds since the epoch)."""
    return root / site / camera / from_epoch(at).strftime("%Y-%m-%d") / JOURNAL
