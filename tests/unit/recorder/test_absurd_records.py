"""Days, moments and names that no recorder writes: they cost themselves alone, and no other camera anything."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from recorder import journal
from recorder.alarms import NodeAlarms
from recorder.index.nightly import Nightly
from recorder.index.rebuild import rebuild
from recorder.index.state import days
from recorder.index.telling import spans
from recorder.layout import day_of
from recorder.retention.mount import RecordingsRoot
from tests.support.clocks import ManualClock
from tests.support.shelves import DAY, MIDNIGHT, record
from vms.bus.outbox import Outbox
from vms.cli.index import index
from vms.domain.clock import from_epoch
from vms.domain.messages import AlertEvent, Gap

NOW = from_epoch(MIDNIGHT + DAY)


class Rig:
    """Two cameras, and the audits of them."""

    def __init__(self, data: Path) -> None:
        self.data, self.folder = data, data / "recordings"
        self.clock = ManualClock(NOW.timestamp())
        for camera in ("a", "b"):
            last = record(self.folder, camera, MIDNIGHT, 3)[-1].end
            assert last is not None
            gap = Gap(id=f"since-{camera}", site="s", camera=camera, start=last, cause="recorder")
            journal.append(self.folder, "gap", gap)
        self.root = RecordingsRoot(data)
        assert self.root.open() is None
        self.outbox = Outbox(data / "outbox" / "r.jsonl")
        self.alarms = NodeAlarms("local", "r", data / "state" / "alarms-r.json", self.outbox, self.clock)
        self.nightly = Nightly(data, self.root.path, "local", "r", None, self.alarms, self.clock)

    @property
    def journal(self) -> Path:
        return self.folder / "s/a/2027-01-15/journal.jsonl"

    def add(self, **change: object) -> None:
        """One more line: the first closed one, or a gap, with such a change."""
        lines = [json.loads(line) for line in self.journal.read_bytes().splitlines()]
        closed = next(line for line in lines if line["type"] == "closed")
        gap = {"type": "gap", "id": "g", "site": "s", "camera": "a", "cause": "camera", "start": "2027-01-15T00:03:00Z"}
        with self.journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**(gap if change.pop("gap", False) else closed), **change}) + "\n")

    def put(self, name: bytes) -> None:
        """A file among the recordings."""
        Path(os.fsdecode(os.fsencode(self.folder) + b"/s/a/2027-01-15/00/" + name)).write_bytes(b"x")

    def close(self) -> None:
        self.root.close()
        self.outbox.close()
        self.alarms.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    one = Rig(tmp_path / "data")
    yield one
    one.close()


def test_days_that_no_clock_says() -> None:
    for name in ("9999-12-31", "9999-99-99", "1969-12-31", "0001-01-01"):
        assert day_of(name) is None, name
    assert day_of("9998-12-31") is not None
    assert day_of("1970-01-01") is not None


async def test_a_folder_of_the_last_day_of_all(rig: Rig) -> None:
    (rig.folder / "s/a/9999-12-31/23").mkdir(parents=True)
    (rig.folder / "s/a/9999-12-31/journal.jsonl").write_bytes(rig.journal.read_bytes())
    assert days(rig.folder, "s", "a") == ["2027-01-15"]
    found = await rig.nightly.audit(None)
    assert (found.cameras, found.differences) == (2, ())
    assert list(spans(rig.folder, "s", "a", NOW))


@pytest.mark.parametrize(
    "change",
    [
        {"gap": True, "start": "0001-01-01T00:00:00+14:00"},
        {"gap": True, "end": "9999-12-31T23:59:59-14:00"},
        {"gap": True, "start": "1969-12-31T23:59:59Z"},
        {"gap": True, "reason": "\ud800"},
        {"codec": "\udfff"},
        {"end": "9999-12-31T23:59:59-14:00"},
        {"anchor_utc": "0001-01-01T00:00:00+14:00"},
    ],
)
async def test_a_line_that_nobody_could_be_told_of_is_none(rig: Rig, change: dict[str, object]) -> None:
    before = list(journal.read(rig.journal))
    rig.add(**change)
    refused: list[bytes] = []
    assert list(journal.read(rig.journal, refused)) == before
    assert len(refused) == 1
    assert (await rig.nightly.audit(None)).differences == ()
    *_, done = rebuild(rig.folder, "s", "a", "local", now=NOW, alone=True)
    assert (done.lines_refused, done.unmended) == (1, [])
    assert all(span.encode() for span in spans(rig.folder, "s", "a", NOW))


def test_neither_is_half_a_character_in_its_own_bytes(tmp_path: Path) -> None:
    one = Rig(tmp_path / "data")
    one.add(gap=True, reason="#")
    one.journal.write_bytes(one.journal.read_bytes().replace(b'"#"', b'"\xed\xa0\x80"'))
    refused: list[bytes] = []
    list(journal.read(one.journal, refused))
    assert len(refused) == 1
    one.close()


async def test_a_name_of_any_bytes_can_be_told(rig: Rig) -> None:
    rig.put(b"\xff\xfe.mp4")
    assert (await rig.nightly.audit(None)).encode()
    *_, done = rebuild(rig.folder, "s", "a", "local", now=NOW, alone=True)
    assert len(done.unmended) == 1
    assert json.dumps(done.as_json(), ensure_ascii=False).encode()


async def test_a_camera_that_cannot_be_looked_at_keeps_nobody_from_being_looked_at(rig: Rig) -> None:
    lines = rig.journal.read_bytes()
    rig.journal.unlink()
    rig.journal.mkdir()
    (rig.folder / "s/b/2027-01-15/00/20270115T000100000Z.mp4").unlink()
    found = await rig.nightly.audit(None)
    assert [(one.camera, one.kind) for one in found.differences] == [("a", "unreadable"), ("b", "missing")]
    told = [AlertEvent.model_validate_json(item.payload) for item in rig.outbox._items]
    assert [one.detail["kinds"] for one in told] == [{"unreadable": 1, "missing": 1}]
    for command, code in (("audit", 1), ("rebuild", 1)):
        done = CliRunner().invoke(index, [command, "--data", str(rig.data), "--json"])
        assert done.exit_code == code, done.output
        said = json.loads(done.stdout)
        if command == "rebuild":
            assert (said["missing"], [one["path"] for one in said["unmended"]]) == (1, ["s/a"])
    rig.journal.rmdir()
    rig.journal.write_bytes(lines)
    assert [one.kind for one in (await rig.nightly.audit(None)).differences if one.camera == "a"] == []
