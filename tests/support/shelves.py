"""Recordings on a disk for tests of retention: small files in the right places, journaled as a recorder does it."""

from __future__ import annotations

from pathlib import Path

from recorder import journal
from recorder.layout import segment_id, segment_path, stamp_of
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, Segment

DAY = 86400.0
#: 2027-01-15T00:00:00Z.
MIDNIGHT = 1_800_000_000.0 // DAY * DAY


def record(
    root: Path, camera: str, start: float, minutes: int, *, site: str = "s", size: int = 1000, step: float = 60.0
) -> list[Segment]:
    """So many files of ``step`` seconds from ``start`` on, that abut."""
    made = []
    for number in range(minutes):
        begin = start + number * step
        stamp = stamp_of(from_epoch(begin))
        path = root / segment_path(site, camera, stamp)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number % 251]) * size)
        segment = Segment(
            id=segment_id(camera, stamp), site=site, camera=camera, run="r", start=from_epoch(begin),
            end=from_epoch(begin + step), path=str(path.relative_to(root)), codec="avc1.42001e", width=640, height=360,
            bytes=size,
        )  # fmt: skip
        journal.append(root, "opened", segment.model_copy(update={"end": None}))
        journal.append(root, "closed", segment)
        made.append(segment)
    return made


def there(root: Path, camera: str, site: str = "s") -> list[str]:
    """The names of the closed files, in order."""
    return sorted(path.name for path in (root / site / camera).glob("*/*/*.mp4"))


def told(root: Path, camera: str, site: str = "s") -> list[Gap]:
    """The gaps ``deleted`` as the journals tell them last, in order; empty ones left out."""
    gaps = {
        entry.record.id: entry.record
        for day in journal.days(root, site, camera)
        for entry in journal.read(day)
        if isinstance(entry.record, Gap) and entry.record.cause == "deleted"
    }
    return sorted((gap for gap in gaps.values() if gap.end and gap.end > gap.start), key=lambda gap: gap.start)
