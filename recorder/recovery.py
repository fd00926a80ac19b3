"""What a crash left: growing files are cut back to their last whole fragment, closed and journaled.

A tail of zeros (a power cut after the size was written, not the data) is found by the lengths of the NAL units.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recorder import journal
from recorder.index.cover import complete, horizon, until
from recorder.index.taking import described, keep, measured
from recorder.layout import PART, segment_id, stamp_of
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, Segment

log = logging.getLogger(__name__)

#: The journal is on the disk before the outbox is: after a power cut, or a disk that was full, it knows more.
RECENT_S = 600.0
#: About half an hour of a camera's journal.
_YOUNG_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a camera's folder tells at start: the end of its footage, open gap included, and mended segments."""

    end: float | None  # UTC seconds; None: nothing was ever recorded
    open_gap: Gap | None
    ended_gaps: tuple[Gap, ...]  # footage came back, but nobody could say so
    mended: tuple[Segment, ...]
    recent: tuple[Segment | Gap, ...]  # what was journaled last: perhaps nobody was told


def recover(root: Path, site: str, camera: str, node: str = "local", *, now: float) -> Recovered:
    """Mends the camera's leftovers and finds where its footage ends; what is later than ``now`` (UTC seconds) is mended
    too, but says nothing of what is missing.
    """
    limit = horizon(from_epoch(now))
    mended = []
    announced: dict[str, Segment] = {}
    gaps: dict[str, Gap] = {}
    footage: list[Segment] = []
    for day in _last_days(journal.days(root, site, camera), limit):
        for entry in journal.read(day):
            if isinstance(entry.record, Gap):
                gaps[entry.record.id] = entry.record
            elif entry.kind == "opened":
                announced[entry.record.path] = entry.record
            else:
                footage.append(entry.record)
    parts = {str(part.with_suffix(".mp4").relative_to(root)) for part in (root / site / camera).glob(f"*/*/*{PART}")}
    deleted = [gap for gap in gaps.values() if gap.cause == "deleted"]
    footage = [one for one in footage if not _deleted(root, one, deleted)]
    home = f"{site}/{camera}/"
    for path in sorted(parts | (announced.keys() - {one.path for one in footage})):
        if not path.startswith(home) or ".." in path:  # whoever wrote such a line: it is none of ours
            log.error("recording.foreign camera=%s file=%s", camera, path[:200])
            continue
        if path not in parts and _deleted(root, announced[path], deleted):
            continue
        try:
            if path not in announced and _empty((root / path).with_suffix(PART)):
                continue
            segment = _mend(root, path, announced.get(path), node)
        except (OSError, ValueError, ArithmeticError) as err:  # one file must not hide what is known of the rest
            log.error("recording.unmended file=%s error=%s", path, err)
            continue
        mended.append(segment)
    footage += mended
    spans = [(one.start, one.end) for one in footage if one.end is not None]
    spans, told = until(limit, spans, gaps.values())
    changed = complete(spans, told, lambda start, end: unexplained(site, camera, node, start, end))
    ended = tuple(gap for gap in changed if gap.end is not None)
    gaps = {gap.id: gap for gap in (*told, *changed)}
    # A file of which nothing is whole is no footage: what was to be in it is missing.
    moments = [end for start, end in spans if end > start] + [gap.end for gap in gaps.values() if gap.end is not None]
    end = max((moment.timestamp() for moment in moments), default=None)
    known: list[Segment | Gap] = [*(one for one in footage if one not in mended), *gaps.values()]
    recent = [one for one in known if end is not None and one.end and 0 <= end - one.end.timestamp() < RECENT_S]
    return Recovered(end, open_gap(gaps.values()), ended, tuple(mended), tuple(recent))


def surely(recovered: Callable[[], Recovered], camera: str, alive_until: float | None) -> Recovered:
    """``recovered()``; where that fails altogether, that nobody records since ``alive_until`` (UTC seconds)."""
    try:
        return recovered()
    except Exception:  # what cannot be mended must not hide that something is missing
        log.exception("recording.unmended camera=%s", camera)
        return Recovered(alive_until, None, (), (), ())


def unexplained(site: str, camera: str, node: str, start: datetime, end: datetime, reason: str = "unexplained") -> Gap:
    """The gap of a hole in the journal. Its id comes from its place, so that finding it twice makes it once."""
    name = f"{segment_id(camera, stamp_of(start))}.hole"
    return Gap(id=name, site=site, camera=camera, node=node, start=start, end=end, cause="unknown", reason=reason)


def open_gap(gaps: Iterable[Gap]) -> Gap | None:
    """The one that lasts."""
    return max((gap for gap in gaps if gap.end is None), key=lambda gap: gap.start, default=None)


def _last_days(days: list[Path], limit: datetime) -> list[Path]:
    """The newest journal, the one before it while the newest is young (a file may span midnight, no more), and those
    from the future, whose files may have been left growing.
    """
    future = [day for day in days if day.parent.name > f"{limit:%Y-%m-%d}"]
    past = days[: len(days) - len(future)]
    young = len(past) > 1 and past[-1].stat().st_size < _YOUNG_BYTES
    return [*(past[-2:] if young else past[-1:]), *future]


def _deleted(root: Path, segment: Segment, deleted: Iterable[Gap]) -> bool:
    """Whether retention took it: its lines stay in the journal until the whole day has gone."""
    within = any(gap.end is not None and gap.start <= segment.start < gap.end for gap in deleted)
    return within and not (root / segment.path).exists()


def _empty(part: Path) -> bool:
    """Killed between a file's name and its first byte: takes the name away."""
    if not part.is_file() or part.stat().st_size:
        return False
    part.unlink()
    log.info("recording.removed file=%s nothing was in it yet", part.name)
    return True


def _mend(root: Path, path: str, known: Segment | None, node: str) -> Segment:
    if known is None:
        log.error("recording.unjournaled file=%s", path)
        known = described(root, path, node)
    kept = keep(root / path)
    if not kept.fragments:
        log.warning("recording.empty file=%s", path)
    segment = measured(known, kept)
    journal.append(root, "closed", segment)
    log.info("recording.mended file=%s bytes=%d", path, segment.bytes)
    return segment
