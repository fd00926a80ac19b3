"""The recordings' folder: known again by its marker, reached through one handle, never another disk."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from recorder.retention.mount import MARKER, RecordingsRoot, adopt, problem, remembered
from vms.domain.errors import StorageError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_where_nothing_was_recorded_a_marker_is_written_and_kept(data: Path) -> None:
    root = RecordingsRoot(data)
    assert root.open() is None
    (root.path / "s").mkdir()
    assert sorted(os.listdir(data / "recordings")) == [MARKER, "s"]
    again = RecordingsRoot(data)
    assert again.open() is None
    assert again.disk == root.disk == remembered(data)
    assert root.look() is None
    assert root.changes == 1
    assert problem(data) is None


def test_a_folder_without_its_disk_is_never_written_to(data: Path) -> None:
    root = RecordingsRoot(data)
    root.open()
    (data / "recordings").rename(data / "elsewhere")
    (data / "recordings").mkdir()
    told = root.look()
    assert told
    assert f"vms recordings adopt --data {data}" in told
    assert problem(data) == told
    for write in (
        lambda: (root.path / "s").mkdir(parents=True),
        lambda: (root.path / "file").write_bytes(b"x"),
        lambda: os.listdir(root.path),
    ):
        with pytest.raises(NotADirectoryError):
            write()
    assert os.listdir(data / "recordings") == []
    assert RecordingsRoot(data).open() == told  # nor by a start
    (data / "recordings").rmdir()
    assert "No such file" in (root.look() or "")
    assert problem(data)
    (data / "elsewhere").rename(data / "recordings")
    assert root.look() is None
    (root.path / "s").mkdir()


def test_between_two_looks_the_handle_stays_with_its_disk(data: Path) -> None:
    root = RecordingsRoot(data)
    root.open()
    (data / "recordings").rename(data / "elsewhere")
    (data / "recordings").mkdir()
    (root.path / "file").write_bytes(b"x")
    assert os.listdir(data / "recordings") == []
    assert (data / "elsewhere" / "file").exists()


def test_another_disk_is_refused_until_it_is_adopted(data: Path) -> None:
    root = RecordingsRoot(data)
    root.open()
    first = root.disk
    shutil.rmtree(data / "recordings")
    other = RecordingsRoot(data.with_name("other"))
    other.open()
    other.place.rename(data / "recordings")
    told = root.look()
    assert told
    assert "another disk" in told
    adopt(data)
    assert root.look() is None
    assert root.disk == other.disk != first
    shutil.rmtree(data / "recordings")
    adopt(data)  # an empty folder becomes one
    assert root.look() is None
    assert (data / "recordings" / MARKER).exists()


def test_a_copy_of_the_marker_beneath_the_mount_is_seen_through(data: Path) -> None:
    root = RecordingsRoot(data)
    root.open()
    note = data / "state" / "recordings.json"
    note.write_text(json.dumps({**json.loads(note.read_bytes()), "separate": True}), encoding="utf-8")
    assert "had one of their own" in (root.look() or "")


def test_a_torn_marker_is_named(data: Path) -> None:
    (data / "recordings").mkdir(parents=True)
    (data / "recordings" / MARKER).write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="unreadable: remove it"):
        RecordingsRoot(data).open()


def test_where_recordings_cannot_be_begun_it_is_said(data: Path) -> None:
    data.mkdir()
    (data / "recordings").write_text("a file", encoding="utf-8")
    with pytest.raises(StorageError, match="choose --data"):
        RecordingsRoot(data).open()
    with pytest.raises(StorageError, match="mount the new disk"):
        adopt(data)


@pytest.mark.parametrize("torn", ["{", "[]", '{"id": "x"}'])
def test_where_the_memory_is_torn_nothing_is_recorded_until_a_disk_is_adopted(data: Path, torn: str) -> None:
    root = RecordingsRoot(data)
    root.open()
    (data / "state" / "recordings.json").write_text(torn, encoding="utf-8")
    assert root.look() is None  # this process still knows
    (data / "recordings").rename(data / "elsewhere")  # not mounted yet
    (data / "recordings").mkdir()
    again = RecordingsRoot(data)
    told = again.open()
    assert told
    assert f"vms recordings adopt --data {data}" in told
    assert problem(data) == told
    assert os.listdir(data / "recordings") == []
    with pytest.raises(NotADirectoryError):
        os.listdir(again.path)
    (data / "recordings").rmdir()
    (data / "elsewhere").rename(data / "recordings")
    adopt(data)
    assert again.look() is None
    assert again.disk == root.disk == remembered(data)


def test_what_may_be_thrown_away_does_not_say_where_recordings_are(data: Path) -> None:
    RecordingsRoot(data).open()
    shutil.rmtree(data / "cache", ignore_errors=True)
    (data / "recordings").rename(data / "elsewhere")
    (data / "recordings").mkdir()
    assert RecordingsRoot(data).open()
    assert os.listdir(data / "recordings") == []
