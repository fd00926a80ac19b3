"""The recordings' folder: held open, and written through that handle alone.

A path may lead to another disk from one moment to the next, a directory that is held open may not: when the
recordings' disk goes, what is being written goes with it, and nothing ends up in the folder that lay beneath.
``RecordingsRoot.path`` is ``/proc/self/fd/N``; while the disk is away N is ``/dev/null``, and every use of it fails.

A marker file tells the disk from others. Its id is remembered in ``DATA/state``; on which disk it is right is decided
here, what follows from it is not.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from recorder.folders import make_folder, sync_folder
from vms.domain.errors import StorageError

log = logging.getLogger(__name__)

MARKER = ".vms-recordings"
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Disk:
    """``id`` stands in the marker; ``separate``: it is another file system than that of the data folder."""

    id: str
    separate: bool


class RecordingsRoot:
    """The folder of one process; ``look`` from one thread."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.place = data / "recordings"
        self._descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.path = Path(f"/proc/self/fd/{self._descriptor}")
        self._held: tuple[int, int] | None = None
        self.disk: Disk | None = None
        self.changes = 0  # how often the folder behind ``path`` became another

    def open(self) -> str | None:
        """As ``look``; where nothing was ever recorded it begins: ``StorageError`` when that is not possible."""
        try:
            begun = remembered(self._data) is not None
        except StorageError:  # recorded it was, nobody knows where: ``look`` says so
            begun = True
        if not begun:
            try:
                make_folder(self.place)
                _mark(self.place)
            except OSError as err:
                raise StorageError(
                    f"{self.place} cannot be written: {err.strerror}; mend the disk or choose --data"
                ) from err
            _remember(self._data, _read(self.place))
        return self.look()

    def look(self) -> str | None:
        """What is wrong with the disk, in words; None when it is there. One that came back is taken up."""
        try:
            descriptor = os.open(self.place, _FLAGS)
        except OSError as err:
            return self._let_go(f"{self.place}: {err.strerror}; {_REMEDY.format(data=self._data)}")
        try:
            behind = Path(f"/proc/self/fd/{descriptor}")
            try:
                known = remembered(self._data) or self.disk
            except StorageError as err:
                known = self.disk  # this process still knows
                if known is None:
                    return self._let_go(str(err))
            problem = _problem(self._data, self.place, known, _read(behind))
            if problem is not None:
                return self._let_go(problem)
            try:
                os.statvfs(descriptor)
            except OSError as err:
                return self._let_go(f"{self.place} does not answer: {err.strerror}; {_REMEDY.format(data=self._data)}")
            stat = os.fstat(descriptor)
            if self._held != (stat.st_dev, stat.st_ino):
                os.dup2(descriptor, self._descriptor, inheritable=False)
                self._held = (stat.st_dev, stat.st_ino)
                self.changes += 1
            self.disk = known
        finally:
            os.close(descriptor)
        return None

    def close(self) -> None:
        """Nothing uses ``path`` any more."""
        os.close(self._descriptor)

    def _let_go(self, problem: str) -> str:
        if self._held is not None:
            self._held = None
            self.changes += 1
            nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            os.dup2(nothing, self._descriptor, inheritable=False)
            os.close(nothing)
        return problem


_REMEDY = "mount the recordings' disk; if another is to take its place: vms recordings adopt --data {data}"


def problem(data: Path) -> str | None:
    """What is wrong with the recordings' disk, for whoever does not record."""
    place = data / "recordings"
    try:
        known = remembered(data)
    except StorageError as err:
        return str(err)
    if known is None:
        return None
    if not place.is_dir():
        return f"{place}: no such folder; {_REMEDY.format(data=data)}"
    return _problem(data, place, known, _read(place))


def adopt(data: Path) -> Disk:
    """Takes what is now at ``DATA/recordings`` for the recordings' disk; ``StorageError`` when it cannot be written."""
    place = data / "recordings"
    try:
        place.mkdir(exist_ok=True)
        _mark(place)
        disk = Disk(_read(place) or "", place.stat().st_dev != data.stat().st_dev)
    except OSError as err:
        raise StorageError(f"{place} cannot be written: {err.strerror}; mount the new disk there first") from err
    _remember(data, disk.id)
    return disk


def remembered(data: Path) -> Disk | None:
    """The disk on which this data folder's recordings are; None before the first.

    Raises ``StorageError`` where there is a note that cannot be read: recording anew would be recording elsewhere.
    """
    try:
        plain = json.loads(_note(data).read_bytes())
        return Disk(str(plain["id"]), bool(plain["separate"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise StorageError(
            f"{_note(data)}, which says on what disk the recordings are, is unreadable ({type(err).__name__}); "
            + _REMEDY.format(data=data)
        ) from err


def _problem(data: Path, place: Path, known: Disk | None, found: str | None) -> str | None:
    remedy = _REMEDY.format(data=data)
    if found is None:
        return f"{place} is not the disk of the recordings (no {MARKER} on it); {remedy}"
    if known is not None and found != known.id:
        return f"{place} is another disk than that of the recordings; {remedy}"
    # A copy of the marker may lie beneath the mount, where somebody copied the recordings from.
    if known is not None and known.separate and place.stat().st_dev == data.stat().st_dev:
        return f"{place} lies on the disk of {data}, the recordings had one of their own; {remedy}"
    return None


def _read(place: Path) -> str | None:
    try:
        return str(json.loads((place / MARKER).read_bytes())["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _mark(place: Path) -> None:
    """Writes a marker where there is none; of several that do so at once one wins."""
    if _read(place) is not None:
        return
    temporary = place / f"{MARKER}.{os.getpid()}"
    with temporary.open("w") as file:
        json.dump({"id": uuid.uuid4().hex, "about": "marks the disk of the recordings; do not remove or copy"}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, place / MARKER)
    finally:
        temporary.unlink()
    sync_folder(place)
    if _read(place) is None:  # it was there, and torn
        raise OSError(0, f"{MARKER} is unreadable: remove it")


def _remember(data: Path, found: str | None) -> None:
    place = data / "recordings"
    disk = Disk(found or "", place.stat().st_dev != data.stat().st_dev)
    temporary = _note(data).with_suffix(f".{os.getpid()}")
    try:
        _note(data).parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w") as file:
            json.dump(asdict(disk), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(_note(data))
        sync_folder(_note(data).parent)
    except OSError as err:  # recording is worth more than the memory of where
        log.error("recordings.unremembered path=%s error=%s", _note(data).name, err.strerror)


def _note(data: Path) -> Path:
    return data / "state" / "recordings.json"
