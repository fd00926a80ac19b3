"""The recordings' folder: held open, and written through that handle alone.

A path may lead to another disk from one moment to the next, a directory that is held open may not: when the
recordings' disk goes, what is being written goes with it, and nothing ends up in the folder that lay beneath.
``RecordingsRoot.path`` is ``/proc/self/fd/N``; while the disk is away N is ``/dev/null``, and every use of it fails.
A site's folder may be a mount of its own: it has its own root, and its files are reached through that one's ``view``.

A marker file tells the disk from others. Its id is remembered in ``DATA/state``; on which disk it is right is decided
here, what follows from it is not.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from recorder.folders import make_folder, sync_folder
from vms.domain.errors import StorageError
from vms.domain.facility import ID_PATTERN

log = logging.getLogger(__name__)

MARKER = ".vms-recordings"
_SITE = "recordings-"
_ID = re.compile(ID_PATTERN)
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Disk:
    """``id`` stands in the marker; ``separate``: it is another file system than that of the data folder."""

    id: str
    separate: bool


class RecordingsRoot:
    """The folder of one process; ``look`` from one thread. ``site``: of the disk that is mounted for this site alone.

    ``path`` is what is mounted; beneath ``view`` files lie as ``recorder.layout`` says. The view of a site is a folder
    in ``links`` with one link, the site's, into the handle.
    """

    def __init__(self, data: Path, site: str = "", links: Path | None = None) -> None:
        self._data = data
        self.site = site
        self.place = data / "recordings" / site
        self._descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.path = Path(f"/proc/self/fd/{self._descriptor}")
        self.view = self.path if links is None else _linked(links / site, site, self.path)
        self._held: tuple[int, int] | None = None
        self.disk: Disk | None = None
        self.changes = 0  # how often the folder behind ``path`` became another

    def open(self) -> str | None:
        """As ``look``; where nothing was ever recorded it begins: ``StorageError`` when that is not possible."""
        try:
            begun = remembered(self._data, self.site) is not None
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
            _remember(self._data, _read(self.place), self.site)
        return self.look()

    def look(self) -> str | None:
        """What is wrong with the disk, in words; None when it is there. One that came back is taken up."""
        try:
            descriptor = os.open(self.place, _FLAGS)
        except OSError as err:
            return self._let_go(f"{self.place}: {err.strerror}; {_remedy(self._data, self.site)}")
        try:
            behind = Path(f"/proc/self/fd/{descriptor}")
            try:
                known = remembered(self._data, self.site) or self.disk
            except StorageError as err:
                known = self.disk  # this process still knows
                if known is None:
                    return self._let_go(str(err))
            problem = _problem(self._data, self.site, known, _read(behind))
            if problem is not None:
                return self._let_go(problem)
            try:
                os.statvfs(descriptor)
            except OSError as err:
                return self._let_go(f"{self.place} does not answer: {err.strerror}; {_remedy(self._data, self.site)}")
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


def _remedy(data: Path, site: str) -> str:
    of = f" --site {site}" if site else ""
    return f"mount the recordings' disk; if another is to take its place: vms recordings adopt --data {data}{of}"


def sites(data: Path, known: Collection[str] = ()) -> set[str]:
    """The sites besides ``known`` that have a disk of their own, as it is noted or mounted now."""
    noted = {path.stem.removeprefix(_SITE) for path in (data / "state").glob(f"{_SITE}*.json")}
    mounted = set()
    with contextlib.suppress(OSError):  # the disk of the others is away, or there is none yet
        device = (data / "recordings").stat().st_dev
        with os.scandir(data / "recordings") as entries:
            for one in entries:
                if one.name in known or one.name in noted or not _ID.fullmatch(one.name):
                    continue
                if one.is_dir(follow_symlinks=False) and one.stat(follow_symlinks=False).st_dev != device:
                    mounted.add(one.name)
    return noted.difference(known) | mounted


def problem(data: Path) -> str | None:
    """What is wrong with the disks of the recordings, for whoever does not record."""
    for site in ("", *sorted(sites(data))):
        place = data / "recordings" / site
        try:
            known = remembered(data, site)
        except StorageError as err:
            return str(err)
        if known is None:
            continue
        if not place.is_dir():
            return f"{place}: no such folder; {_remedy(data, site)}"
        if (found := _problem(data, site, known, _read(place))) is not None:
            return found
    return None


def adopt(data: Path, site: str = "") -> Disk:
    """Takes what is now at ``DATA/recordings`` or at the site's folder for the disk.

    ``StorageError`` when it cannot be written. A site's folder that is no mount is one of ``DATA/recordings`` again.
    """
    place = data / "recordings" / site
    try:
        place.mkdir(exist_ok=True)
        separate = place.stat().st_dev != place.parent.stat().st_dev
        if site and not separate:
            _note(data, site).unlink(missing_ok=True)
            return Disk("", separate)
        _mark(place)
        disk = Disk(_read(place) or "", separate)
    except OSError as err:
        raise StorageError(f"{place} cannot be written: {err.strerror}; mount the new disk there first") from err
    _remember(data, disk.id, site)
    return disk


def remembered(data: Path, site: str = "") -> Disk | None:
    """The disk on which this data folder's recordings (those of a site) are; None before the first.

    Raises ``StorageError`` where there is a note that cannot be read: recording anew would be recording elsewhere.
    """
    try:
        plain = json.loads(_note(data, site).read_bytes())
        return Disk(str(plain["id"]), bool(plain["separate"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise StorageError(
            f"{_note(data, site)}, which says on what disk the recordings are, is unreadable ({type(err).__name__}); "
            + _remedy(data, site)
        ) from err


def _problem(data: Path, site: str, known: Disk | None, found: str | None) -> str | None:
    place, remedy = data / "recordings" / site, _remedy(data, site)
    if found is None:
        return f"{place} is not the disk of the recordings (no {MARKER} on it); {remedy}"
    if known is not None and found != known.id:
        return f"{place} is another disk than that of the recordings; {remedy}"
    # A copy of the marker may lie beneath the mount, where somebody copied the recordings from.
    if known is not None and known.separate and place.stat().st_dev == place.parent.stat().st_dev:
        return f"{place} lies on the disk of {place.parent}, the recordings had one of their own; {remedy}"
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
    with temporary.open("w", encoding="utf-8") as file:
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


def _remember(data: Path, found: str | None, site: str) -> None:
    place, note = data / "recordings" / site, _note(data, site)
    disk = Disk(found or "", place.stat().st_dev != place.parent.stat().st_dev)
    temporary = note.with_suffix(f".{os.getpid()}")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(disk), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(note)
        sync_folder(note.parent)
    except OSError as err:  # recording is worth more than the memory of where
        log.error("recordings.unremembered path=%s error=%s", note.name, err.strerror)


def _note(data: Path, site: str) -> Path:
    return data / "state" / (f"{_SITE}{site}.json" if site else "recordings.json")


def _linked(view: Path, site: str, path: Path) -> Path:
    """A folder with a link to ``path`` that is called as ``site``; held open, so that nobody can put another there."""
    try:
        view.mkdir(parents=True, exist_ok=True)
        (view / site).unlink(missing_ok=True)
        (view / site).symlink_to(path)
        return Path(f"/proc/self/fd/{os.open(view, _FLAGS)}")
    except OSError as err:  # then every use of it fails, and cameras and alerts say so
        log.error("storage.unlinked site=%s path=%s error=%s", site, view, err.strerror)
        return Path(os.devnull)
