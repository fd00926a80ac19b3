"""A pipe by the name of a recording holds up nobody: it is not there."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from recorder import journal
from recorder.fragments import FragmentTables
from recorder.index.taking import digest, growing, keep
from recorder.layout import journal_path
from recorder.opening import IrregularFile, opened
from recorder.reads import read_desk
from recorder.render import desk as render_desk
from recorder.render.desk import Desk
from recorder.render.footage import at_moment
from recorder.render.frames import NoPicture
from recorder.render.suspects import Suspects
from recorder.render.thumbnails import Thumbnails
from tests.support.clocks import ManualClock
from tests.support.shelves import record
from vms.domain.clock import SystemClock, from_epoch
from vms.domain.messages import ReadRequest, Segment
from vms.domain.reading import FragmentsReply
from vms.domain.rendering import RenderRequest

MINUTE = 1_800_000_000.0
T = TypeVar("T")


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    """In the place of whose file there is a pipe."""
    (one,) = record(tmp_path, "c", MINUTE, 1)
    (tmp_path / one.path).unlink()
    os.mkfifo(tmp_path / one.path)
    return one


@pytest.fixture
def soon(tmp_path: Path) -> Callable[[Callable[[], T]], T | BaseException]:
    """What the work gives or raises; it fails when that hangs."""

    def run(work: Callable[[], T]) -> T | BaseException:
        found: list[T | BaseException] = []

        def finish() -> None:
            try:
                found.append(work())
            except BaseException as err:  # noqa: BLE001
                found.append(err)

        thread = threading.Thread(target=finish, daemon=True)
        thread.start()
        thread.join(10)
        hangs = thread.is_alive()
        for pipe in tmp_path.rglob("*"):
            if hangs and pipe.is_fifo():  # whoever waits for a writer goes on
                os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
        assert not hangs, "it waits for somebody to write"
        return found[0]

    return run


Soon = Callable[[Callable[[], object]], object]


def test_bytes_and_tables(tmp_path: Path, segment: Segment, soon: Soon) -> None:
    request = ReadRequest(segment=segment.id, offset=0, length=100).encode()
    assert isinstance(soon(lambda: read_desk(tmp_path)._give("s", "c", request)), FileNotFoundError)
    reply = soon(lambda: FragmentTables(tmp_path).tables("s", "c", [segment.id]))
    assert isinstance(reply, bytes)
    assert FragmentsReply.model_validate_json(reply).tables[0].error == "not_found"


def test_what_mends_and_hashes(tmp_path: Path, segment: Segment, soon: Soon) -> None:
    path = tmp_path / segment.path
    assert isinstance(soon(lambda: digest(path)), IrregularFile)
    assert isinstance(soon(lambda: keep(path)), IrregularFile)
    path.rename(path.with_suffix(".part"))
    assert soon(lambda: growing(path.with_suffix(".part"))) is False
    assert soon(lambda: at_moment(tmp_path, "s", "c", MINUTE + 10)) is None


@pytest.mark.parametrize("what", ["frame", "key", "thumbnail"])
def test_pictures(tmp_path: Path, segment: Segment, soon: Soon, what: str) -> None:
    (tmp_path / "state").mkdir()
    suspects = Suspects(tmp_path / "state", SystemClock())
    desk = Desk(tmp_path, Thumbnails(tmp_path / "thumbnails", tmp_path), suspects, SystemClock(), 1)
    at = datetime.fromtimestamp(MINUTE + 10, UTC)
    request = RenderRequest.model_validate({"at": at, "what": what})
    err = soon(lambda: asyncio.run(desk.answer("s", "c", request)))
    assert isinstance(err, NoPicture)
    assert err.refusal == "no_footage"
    desk.close()


def test_a_journal(tmp_path: Path, segment: Segment, soon: Soon) -> None:
    path = journal_path(tmp_path, "s", "c", MINUTE)
    path.unlink()
    os.mkfifo(path)
    assert isinstance(soon(lambda: list(journal.read(path))), IrregularFile), "whatever it said is not nothing"
    assert isinstance(soon(lambda: journal.append(tmp_path, "closed", segment)), OSError)


def test_links_and_folders_are_no_recordings(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("folder", "link"):
        for writable in (False, True):
            with pytest.raises(IrregularFile):
                opened(tmp_path / name, writable=writable)
    with opened(tmp_path / "file") as file:
        assert file.read() == b"x"


@pytest.mark.parametrize("what", ["frame", "thumbnail"])
async def test_a_look_that_hangs_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """A disk that answers no more: the process must end, as when a decoder hangs."""
    clock, asked, go_on = ManualClock(), threading.Event(), threading.Event()

    def hanging(*_: object) -> None:
        asked.set()
        go_on.wait(30)

    for name in ("at_moment", "in_span"):
        monkeypatch.setattr(render_desk.lookup, name, hanging)
    suspects = Suspects(tmp_path, clock)
    desk = Desk(tmp_path, Thumbnails(tmp_path / "thumbnails", tmp_path), suspects, clock, 1)
    task = asyncio.create_task(
        desk.answer("s", "c", RenderRequest.model_validate({"at": from_epoch(MINUTE), "what": what}))
    )
    assert await asyncio.to_thread(asked.wait, 10)
    clock.advance(60)
    assert suspects.longest_s() == 60
    assert [name for name in os.listdir(tmp_path) if name.startswith("decoding-")] == [], "nobody is a suspect"
    go_on.set()
    with pytest.raises(NoPicture):
        await task
    assert suspects.longest_s() == 0
    desk.close()
