"""An HLS media playlist from files and their tables. Pure. Source: RFC 8216.

A list that is loaded again says the same of what it said before and only adds to its end (6.2.1): it has the same head,
begins at the same key frame, and of a growing file it names nothing that may still become longer.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from vms.domain.clock import from_epoch, rfc3339
from vms.domain.footage import Claim, labelled_before, share
from vms.domain.reading import FragmentTable
from web.playback.footage import Footage

#: Groups are put together up to this (seconds), so that a camera with many key frames has no endless list.
LEAST_S = 1.5
#: The same for key frames alone, which are few bytes.
LEAST_KEYS_S = 10.0
#: A camera sends a key frame at least this often (seconds) unless it saves; then its groups are about equally long.
USUAL_GROUP_S = 2.5
#: Of one run's files, the next begins where the last ended; by more than this (seconds) footage was lost.
HOLE_S = 0.1
#: A file that has a successor for so long is not written any more, whatever it is called.
SUCCEEDED = timedelta(seconds=20)
#: A moment is told again when it is off by more.
ROUNDING = timedelta(milliseconds=1)
#: After a file's end the next one is not known at once; nor is it wanted to end a list at every minute.
LINGER = timedelta(seconds=10)
#: libav (ffmpeg, VLC, mpv) refuses what does not end like a media file; the server does not look at it.
_NAME = "name=.mp4"


@dataclass(frozen=True, slots=True)
class File:
    """A file with its table; ``growing`` when its last group may become longer."""

    footage: Footage
    table: FragmentTable
    growing: bool
    since: datetime | None = None  # what is before is another file's, because a clock was set back
    until: datetime | None = None  # and what begins from then on

    def at(self, tfdt: int) -> datetime:
        """UTC of a decode time. What is labelled before the file's start, because the run before was late, is there."""
        first, scale = self.table.tfdts[0], self.footage.timescale
        late = labelled_before(self.footage.start, self.footage.anchor, first / scale)
        return self.footage.start + timedelta(seconds=max(0.0, (tfdt - first) / scale - late))

    @property
    def end_tfdt(self) -> int:
        """Decode time of the end of what is there."""
        return self.table.tfdts[-1] + self.table.durations[-1]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One HLS segment: groups of one file."""

    offset: int
    size: int
    tfdt: int
    end: int  # ticks


def files(found: Sequence[Footage], tables: dict[str, FragmentTable], start: datetime, now: datetime) -> list[File]:
    """What can be played of the files that reach beyond ``start``, in order, up to and with the first that grows.

    A file may come twice, before and behind another that counts in its middle.
    """
    there: list[File] = []
    for i, one in enumerate(found):
        table = tables[one.id]
        if table.error is not None or not table.offsets:
            continue
        file = File(one, table, growing=False)
        reach = file.at(file.end_tfdt)
        behind = (other.start for other in found[i + 1 :] if other.start > reach - LINGER)
        if table.growing and not any(now - begun > SUCCEEDED for begun in behind):
            there.append(replace(file, growing=True))
        elif reach > start:
            there.append(file)
    claims = [
        Claim(
            file.footage.start.timestamp(),
            math.inf if file.growing else file.at(file.end_tfdt).timestamp(),
            file.footage.anchor.timestamp(),
            file.footage.id,
        )
        for file in there
    ]
    listed: list[File] = []
    for number, begin, end in share(claims):
        file, claim = there[number], claims[number]
        listed.append(
            replace(
                file,
                since=None if begin == claim.start else from_epoch(begin),
                until=None if end == claim.end else from_epoch(end),
            )
        )
        if file.growing:
            break
    return listed


def is_open(there: Sequence[File], end: datetime, now: datetime) -> bool:
    """Whether more may come into a span that ends at ``end``."""
    if not there:
        return False
    last = there[-1]
    reached = last.at(last.end_tfdt)
    return last.growing or (reached < end and now - reached < LINGER)


def render(
    there: Sequence[File], start: datetime, end: datetime, *, open_end: bool, keys: bool, masked: bool = False
) -> str | None:
    """The playlist; None when nothing can be listed (yet). ``masked``: of pieces that are made for who asks."""
    lines: list[str] = []
    longest = 0.0
    before: File | None = None
    offset = 0.0
    least = LEAST_KEYS_S if keys else LEAST_S
    for file in there:
        told: datetime | None = None  # the moment that the list has come to in this file
        uri = f"/api/segments/{quote(file.footage.id)}"
        begin = file.since if before is not None else start if file.since is None else max(start, file.since)
        until = end if file.until is None else min(end, file.until)
        for piece in _pieces(file, begin, until, least):
            if told is None:
                if before is None:
                    offset = max(0.0, (start - file.at(piece.tfdt)).total_seconds())
                elif not _goes_on(before, file):
                    lines.append("#EXT-X-DISCONTINUITY")
                bare = f'"{uri}/media?{_NAME}",BYTERANGE="{file.table.init_bytes}@0"'
                init = f'"{uri}/masked.mp4?{_NAME}"' if masked else bare
                lines.append(f"#EXT-X-MAP:URI={init}")
                before = file
            seconds = (piece.end - piece.tfdt) / file.footage.timescale
            longest = max(longest, seconds)
            if told is None or told - file.at(piece.tfdt) > ROUNDING:
                told = file.at(piece.tfdt)
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{rfc3339(told)}")
            told += timedelta(seconds=seconds)
            lines.append(f"#EXTINF:{seconds:.6f},")
            asked = f"from={piece.tfdt}&to={piece.end}"
            if masked:
                lines.append(f"{uri}/masked.mp4?{asked}{'&frames=key' if keys else ''}&{_NAME}")
            elif keys:
                lines.append(f"{uri}/keyframes?{asked}&{_NAME}")
            else:
                lines += (f"#EXT-X-BYTERANGE:{piece.size}@{piece.offset}", f"{uri}/media?{_NAME}")
    if before is None:
        return None
    # What it is must not change while the list grows: one step does for all pieces, and a camera with rare key frames
    # takes another step from its first piece on. The type stays as well, open or ended.
    step = math.ceil(least + USUAL_GROUP_S)
    head = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{step * max(1, math.ceil(math.floor(longest + 0.5) / step))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-START:TIME-OFFSET={offset:.3f},PRECISE=YES",
    ]
    return "\n".join([*head, *lines, *([] if open_end else ["#EXT-X-ENDLIST"]), ""])


def _goes_on(before: File, file: File) -> bool:
    """Whether the file follows the one before without a hole, so that a player need not be told."""
    hole = file.table.tfdts[0] - before.end_tfdt
    same = (before.footage.run, before.footage.codec) == (file.footage.run, file.footage.codec)
    return same and abs(hole) <= HOLE_S * file.footage.timescale


def _pieces(file: File, start: datetime | None, end: datetime, least_s: float) -> Iterator[_Piece]:
    """Pieces from the key frame at or before ``start`` (None: from the first); the last begins before ``end``."""
    table = file.table
    least = least_s * file.footage.timescale
    first = 0
    if start is not None:
        first = max(0, bisect_right(table.tfdts, start, key=file.at) - 1)
    begin = first
    for i in range(first, len(table.tfdts)):
        last = i + 1 == len(table.tfdts)
        if last and file.growing:
            return
        until = file.end_tfdt if last else table.tfdts[i + 1]
        if until - table.tfdts[begin] < least and not last and file.at(until) < end:
            continue
        if file.at(table.tfdts[begin]) >= end:
            return
        size = table.offsets[i] + table.sizes[i] - table.offsets[begin]
        yield _Piece(table.offsets[begin], size, table.tfdts[begin], until)
        begin = i + 1
