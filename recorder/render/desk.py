"""One request to one picture or clip: finds the footage, waits for a turn, decodes, keeps thumbnails. Knows no bus."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from recorder.layout import path_of_id
from recorder.render import clips
from recorder.render import footage as lookup
from recorder.render.footage import Footage
from recorder.render.frames import Choice, NoPicture, Picture, frame_before, key_before, key_within, render, repaint
from recorder.render.suspects import Suspects
from recorder.render.thumbnails import QUALITY, SLOT_S, WIDTH, Thumbnail, Thumbnails, slot_of
from recorder.render.turns import Turns
from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.masks import Outlines
from vms.domain.rendering import ClipRequest, GivenRequest, RenderHeader, RenderRequest, Request

#: A short bounded queue: what waits longer than a person does is made for nobody.
MOST_WAITING = 32
#: A whole group of pictures of a camera with few key frames may take long; after so long its best one yet has to do.
JOB_S = 8.0
#: Of an alert's picture, which was a JPEG before.
GIVEN_QUALITY = 85
#: A moment has milliseconds on the way here: the frame that it names began within that millisecond.
_WITHIN_MS = 0.000999

T = TypeVar("T")


class Desk:
    """``answer`` within the event loop; ``close`` lets go of what is in work."""

    def __init__(self, recordings: Path, thumbnails: Thumbnails, suspects: Suspects, clock: Clock, jobs: int) -> None:
        self._recordings = recordings
        self._thumbnails = thumbnails
        self._suspects = suspects
        self._clock = clock
        self._turns = Turns(jobs, MOST_WAITING)
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="render")
        self._closing = threading.Event()

    async def answer(self, site: str, camera: str, request: Request) -> tuple[bytes, dict[str, str]]:
        """JPEG or MP4, and headers; raises ``NoPicture``."""
        match request:
            case ClipRequest():
                return await self._clip(site, camera, request), {}
            case GivenRequest():
                return await self._given(request), {}
            case RenderRequest():
                return await self._picture(site, camera, request)

    async def _picture(self, site: str, camera: str, request: RenderRequest) -> tuple[bytes, dict[str, str]]:
        at = round(request.at.timestamp() * 1e6) // 1000 / 1000 + _WITHIN_MS
        if request.what == "thumbnail":
            return await self._thumbnail(site, camera, slot_of(at), request)

        def make() -> tuple[Footage, Picture]:
            with self._suspects.at_work():
                found = self._found(lookup.at_moment(self._recordings, site, camera, at))
            choice = (key_before if request.what == "key" else frame_before)(found.ticks(at))
            return found, self._render(found, choice, request.width, request.quality, request.masks)

        found, picture = await self._turn(request, make)
        size = {RenderHeader.SIZE: f"{picture.width}x{picture.height}"}
        return picture.jpeg, _headers(found, picture.at, picture.hurried) | size

    def close(self) -> None:
        """What is in work ends with its present frame."""
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _clip(self, site: str, camera: str, request: ClipRequest) -> bytes:
        try:
            path = self._recordings / path_of_id(site, camera, request.segment)
        except ValueError as err:
            raise NoPicture("bad_request") from err

        def head() -> bytes:
            with self._suspects.at_work():
                return clips.init(path)

        def make() -> bytes:
            with self._decoding(request.segment) as give_up:
                return clips.clip(path, request, give_up)

        return await (asyncio.to_thread(head) if request.what == "init" else self._turn(request, make))

    async def _given(self, request: GivenRequest) -> bytes:
        def make() -> bytes:
            with self._decoding(f"given-{hashlib.sha256(request.jpeg).hexdigest()[:32]}"):
                return repaint(request.jpeg, request.masks, GIVEN_QUALITY, request.longest)

        return await self._turn(request, make)

    async def _thumbnail(
        self, site: str, camera: str, slot: int, request: RenderRequest
    ) -> tuple[bytes, dict[str, str]]:
        def look() -> tuple[Footage, Thumbnail | None]:
            with self._suspects.at_work():
                found = self._found(lookup.in_span(self._recordings, site, camera, slot, slot + SLOT_S))
                return found, self._thumbnails.get(found, slot)

        def make() -> Thumbnail:
            span = key_within(found.ticks(slot), found.ticks(slot + SLOT_S))
            picture = self._render(found, span, WIDTH, QUALITY)
            made = Thumbnail(picture.jpeg, picture.at)
            if not found.growing:  # until then its times, and what the slot begins with, may change
                self._thumbnails.keep(found, slot, made)
            return made

        found, kept = await asyncio.to_thread(look)  # what was made before waits for nobody
        if kept is None:
            kept = await self._turn(request, make)

        def paint(bare: bytes) -> bytes:  # the bare one is kept: masks change, and are not everybody's
            with self._suspects.at_work():
                return repaint(bare, request.masks, QUALITY)

        jpeg = await asyncio.to_thread(paint, kept.jpeg) if request.masks else kept.jpeg
        return jpeg, _headers(found, kept.at, False)

    async def _turn(self, request: Request, make: Callable[[], T]) -> T:
        async with self._turns.take(request.asker, request.patience_s):
            return await asyncio.get_running_loop().run_in_executor(self._pool, make)

    def _found(self, found: Footage | None) -> Footage:
        if found is None:
            raise NoPicture("no_footage")
        return found

    def _render(self, found: Footage, choice: Choice, width: int | None, quality: int, masks: Outlines = ()) -> Picture:
        with self._decoding(found.id) as give_up:
            return render(found, choice, width=width, quality=quality, give_up=give_up, masks=masks)

    @contextlib.contextmanager
    def _decoding(self, what: str) -> Iterator[Callable[[], bool]]:
        """Around the decoding of a file; gives what says that time is up."""
        if self._suspects.aside(what):
            raise NoPicture("undecodable")
        deadline = self._clock.monotonic() + JOB_S
        with self._suspects.at_work(what):
            yield lambda: self._closing.is_set() or self._clock.monotonic() > deadline


def _headers(found: Footage, at: float, hurried: bool) -> dict[str, str]:
    passing = "1" if found.growing or hurried else "0"
    return {RenderHeader.AT: rfc3339(from_epoch(at)), RenderHeader.GROWING: passing}
