"""One file as a segment's record: cut behind its last whole fragment, measured, hashed, journaled or not."""

from __future__ import annotations

import fcntl
import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath

from recorder.folders import sync_folder
from recorder.layout import PART, moment_of, segment_id, segment_path
from recorder.opening import opened
from vms.domain.footage import LOOK_BACK_S, labelled_before
from vms.domain.messages import Segment
from vms.media.head import read_head
from vms.media.reading import FragmentInfo, scan_fragments


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a file is whole; ``sha256`` None: nothing."""

    fragments: tuple[FragmentInfo, ...]
    sha256: str | None


def keep(final: Path) -> Kept:
    """Cuts a file behind its last whole fragment and gives a ``.part`` its final name; one without any is removed.

    Safe to repeat after a crash anywhere in it. Raises ``ValueError`` where both names are taken.
    """
    part = final.with_suffix(PART)
    if part.exists() and final.exists():  # nothing is ever overwritten
        raise ValueError(f"{part.name} stands beside a closed file of its name; move one of them away")
    there = part if part.exists() else final
    kept = _cut(there)
    if not kept.fragments:
        part.unlink(missing_ok=True)  # not one whole fragment: there is nothing to keep
    elif there == part:
        part.rename(final)
        sync_folder(final.parent)
    return kept


def growing(part: Path) -> bool:
    """Whether a living recorder writes to it: it holds the file's lock."""
    try:
        with opened(part) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _cut(path: Path) -> Kept:
    if not path.exists():
        return Kept((), None)
    with opened(path, writable=True) as file:
        fragments = tuple(scan_fragments(file))
        if not fragments:
            return Kept((), None)
        size = fragments[-1].offset + fragments[-1].size
        os.ftruncate(file.fileno(), size)  # also at this very size: what was reserved behind it is given back
        os.fsync(file.fileno())
        file.seek(0)
        return Kept(fragments, hashlib.file_digest(file, "sha256").hexdigest())


def digest(path: Path) -> str:
    """SHA-256 of the whole file."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measured(known: Segment, kept: Kept) -> Segment:
    """``known`` with what its file really holds; ``ValueError`` where that lasts longer than any file."""
    last = kept.fragments[-1] if kept.fragments else None
    ticks = 0 if last is None else last.tfdt + last.duration - kept.fragments[0].tfdt
    length = ticks / known.timescale
    if not 0 <= length <= LOOK_BACK_S:
        raise ValueError(f"it would last {length:.0f} s: its times are damaged")
    anchor = known.anchor_utc
    late = labelled_before(known.start, anchor, known.first_tfdt / known.timescale)
    if anchor is not None and late >= length:  # as ``Growing.placed``: it would have no time at all
        anchor, late = anchor + timedelta(seconds=late), 0.0
    return known.model_copy(
        update={
            "end": known.start + timedelta(seconds=length - late),
            "anchor_utc": anchor,
            "bytes": 0 if last is None else last.offset + last.size,
            "sha256": kept.sha256,
            "frames": sum(fragment.samples for fragment in kept.fragments),
        }
    )


def described(root: Path, path: str, node: str) -> Segment:
    """The record of a file that nobody journaled, as its name and its head tell it; ``ValueError`` if it is none."""
    site, camera, *_, name = PurePosixPath(path).parts
    stamp = name.removesuffix(".mp4")
    if str(segment_path(site, camera, stamp)) != path:
        raise ValueError("it lies in another folder than its name says")
    final = root / path
    with opened(final if final.exists() else final.with_suffix(PART)) as file:
        track = read_head(file)
        first = next(scan_fragments(file), None)
    start, tfdt = moment_of(stamp), 0 if first is None else first.tfdt
    return Segment(
        id=segment_id(camera, stamp), site=site, camera=camera, node=node, run=f"found-{stamp}", start=start, path=path,
        codec=track.mime_codec, width=track.sequence.width, height=track.sequence.height, timescale=track.timescale,
        first_tfdt=tfdt, anchor_utc=start - timedelta(seconds=tfdt / track.timescale),
    )  # fmt: skip
