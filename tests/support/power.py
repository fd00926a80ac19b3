"""What a power cut leaves of a folder: every change to it is written down, and what was not synced may be forgotten.

While ``Record`` is entered, the calls by which Python changes files (``os``, ``open``) do their work and note it.
``leave`` builds what the disk may hold after a cut behind any of them: nothing but what was synced, or that and a
random part of the rest: some writes, some sectors of them, a size without its data, some of a folder's entries in their
order (a rename before the data). Not modelled: a disk that lies about a sync.
"""

from __future__ import annotations

import builtins
import io
import os
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest import mock

SECTOR = 512  # and not a page: pictures of tests are small, and holes have to fit into them
_REFUSED = ("link", "symlink", "truncate", "pwrite", "writev", "sendfile", "copy_file_range", "rmdir")


@dataclass(frozen=True, slots=True)
class Op:
    """One change, or a note of the test between changes. ``node`` is a file or folder; ``path`` what it was called."""

    what: Literal["link", "mkdir", "unlink", "rename", "write", "truncate", "sync", "note"]
    at: float  # by the test's clock, s
    node: int = 0
    folder: int = 0
    name: str = ""
    old: str = ""
    offset: int = 0
    data: bytes = b""
    path: str = ""
    note: Any = None


class Record:
    """Enter it around what is tested; ``synced`` is called behind each sync (a disk takes its time)."""

    def __init__(self, root: Path, now: Callable[[], float], synced: Callable[[], None] = lambda: None) -> None:
        self.root = root.resolve()
        self.ops: list[Op] = []
        self._now = now
        self._synced = synced
        self._lock = threading.RLock()
        self._nodes: dict[int, int] = {os.stat(self.root).st_ino: 0}  # root is on one file system
        self._paths = {0: self.root}
        self._count = 0
        self._real: dict[str, Any] = {}
        self._patches: list[Any] = []
        for path in sorted(self.root.glob("**/*")):  # what is there already is on the disk
            node = self._link("mkdir" if path.is_dir() else "link", path)
            if path.is_file():
                self._add("write", node=node, data=path.read_bytes())
                self._add("sync", node=node)
            self._add("sync", node=self._folder(path))

    def note(self, what: Any) -> None:
        """Something of the test's own, in order with the rest."""
        with self._lock:
            self._add("note", note=what)

    def __enter__(self) -> Record:
        for name in ("open", "write", "fsync", "fdatasync", "ftruncate", "rename", "replace", "mkdir", "unlink"):
            self._real[name] = getattr(os, name)
            self._patches.append(mock.patch.object(os, name, getattr(self, f"_{name}")))
        refused = [mock.patch.object(os, name, _refuse(name)) for name in _REFUSED]
        self._patches += [*refused, mock.patch.object(os, "remove", self._unlink)]
        self._real["file"] = io.open
        self._patches += [mock.patch.object(module, "open", self._file) for module in (io, builtins)]
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        for patch in reversed(self._patches):
            patch.stop()

    def _add(self, what: Any, **more: Any) -> None:
        self.ops.append(Op(what, self._now(), **more))

    def _inside(self, path: Any) -> Path | None:
        if isinstance(path, int):
            return None
        whole = Path(os.path.abspath(path))
        return whole if whole.is_relative_to(self.root) else None

    def _folder(self, path: Path) -> int:
        return self._nodes[os.stat(path.parent).st_ino]

    def _known(self, descriptor: int) -> int | None:
        return self._nodes.get(os.fstat(descriptor).st_ino)

    def _link(self, what: Any, path: Path) -> int:
        self._count += 1
        self._nodes[os.stat(path).st_ino] = self._count
        self._paths[self._count] = path
        self._add(what, node=self._count, folder=self._folder(path), name=path.name)
        return self._count

    # --- os -----------------------------------------------------------------------------------------------------------

    def _open(self, path: Any, flags: int, *more: Any, **named: Any) -> int:
        inside = self._inside(path)
        if inside is None or not flags & (os.O_CREAT | os.O_TRUNC):
            return int(self._real["open"](path, flags, *more, **named))
        with self._lock:
            fresh = not inside.exists()
            descriptor = int(self._real["open"](path, flags, *more, **named))
            self._opened(inside, fresh, bool(flags & os.O_TRUNC))
            return descriptor

    def _opened(self, path: Path, fresh: bool, emptied: bool) -> None:
        if fresh:
            self._link("link", path)
        elif emptied:
            self._add("truncate", node=self._nodes[os.stat(path).st_ino], offset=0)

    def _write(self, descriptor: int, data: Any) -> int:
        with self._lock:
            node = self._known(descriptor)
            at = os.lseek(descriptor, 0, os.SEEK_CUR) if node is not None else 0
            count = int(self._real["write"](descriptor, data))
            if node is not None:
                self._add("write", node=node, offset=at, data=bytes(data[:count]))
            return count

    def _fsync(self, descriptor: int) -> None:
        with self._lock:
            node = self._known(descriptor)
            if node is not None:
                self._add("sync", node=node, path=str(self._paths[node]))
                self._synced()

    _fdatasync = _fsync

    def _ftruncate(self, descriptor: int, size: int) -> None:
        with self._lock:
            self._real["ftruncate"](descriptor, size)
            if (node := self._known(descriptor)) is not None:
                self._add("truncate", node=node, offset=size)

    def _rename(self, source: Any, target: Any, **_: Any) -> None:
        with self._lock:
            old, new = self._inside(source), self._inside(target)
            self._real["replace"](source, target)
            if old is None or new is None:
                return
            assert old.parent == new.parent, "between folders: the model does not know it"
            node = self._nodes[os.stat(new).st_ino]
            self._paths[node] = new
            self._add("rename", node=node, folder=self._folder(new), old=old.name, name=new.name)

    _replace = _rename

    def _mkdir(self, path: Any, *more: Any, **named: Any) -> None:
        with self._lock:
            self._real["mkdir"](path, *more, **named)
            if (inside := self._inside(path)) is not None:
                self._link("mkdir", inside)

    def _unlink(self, path: Any, **named: Any) -> None:
        with self._lock:
            self._real["unlink"](path, **named)
            if (inside := self._inside(path)) is not None:
                self._add("unlink", folder=self._folder(inside), name=inside.name)

    # --- open ---------------------------------------------------------------------------------------------------------

    def _file(self, file: Any, mode: str = "r", buffering: int = -1, *more: Any, **named: Any) -> Any:
        inside = self._inside(file) if not isinstance(file, int) else None
        if inside is None or not set(mode) & set("wxa+"):
            return self._real["file"](file, mode, buffering, *more, **named)
        with self._lock:
            fresh = not inside.exists()
            raw = _Raw(str(inside), mode.replace("b", "").replace("t", ""))
            raw.record = self
            self._opened(inside, fresh, "w" in mode)
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, **named)


class _Raw(io.FileIO):
    record: Record

    def write(self, data: Any) -> int:
        with self.record._lock:
            at = os.fstat(self.fileno()).st_size if "a" in self.mode else self.tell()
            count = super().write(data) or 0
            node = self.record._known(self.fileno())
            assert node is not None
            self.record._add("write", node=node, offset=at, data=bytes(memoryview(data).cast("B")[:count]))
            return count

    def truncate(self, size: int | None = None) -> int:
        with self.record._lock:
            size = super().truncate(size)
            node = self.record._known(self.fileno())
            assert node is not None
            self.record._add("truncate", node=node, offset=size)
            return size


def _refuse(name: str) -> Callable[..., None]:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError(f"os.{name}: the model of a power cut does not know it")

    return refuse


# --- The cut ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Node:
    """A file's bytes, or a folder's entries: on the disk, and what came after the last sync."""

    folder: bool
    data: bytes = b""
    live: bytearray = field(default_factory=bytearray)
    entries: dict[str, int] = field(default_factory=dict)
    pending: list[Op] = field(default_factory=list)


def leave(ops: Sequence[Op], target: Path, rng: random.Random | None) -> None:
    """Builds in ``target`` (new) what is left after ``ops``; ``rng`` None: strictly what was synced."""
    nodes: dict[int, _Node] = {0: _Node(True)}
    for op in ops:
        if op.what == "note":
            continue
        if op.what in ("link", "mkdir", "unlink", "rename"):
            nodes[op.folder].pending.append(op)
            if op.what in ("link", "mkdir"):
                nodes[op.node] = _Node(op.what == "mkdir")
            continue
        node = nodes[op.node]
        if op.what == "sync":
            for one in node.pending:
                _enter(node.entries, one)
            node.data, node.pending = bytes(node.live), []
        else:
            _change(node.live, op)
            node.pending.append(op)
    for node in nodes.values():
        _choose(node, rng)
    _build(nodes, 0, target)


def _enter(entries: dict[str, int], op: Op) -> None:
    if op.what == "rename":
        entries.pop(op.old, None)
    if op.what == "unlink":
        entries.pop(op.name, None)
    elif op.what in ("link", "mkdir", "rename"):
        entries[op.name] = op.node


def _change(data: bytearray, op: Op) -> None:
    if op.what == "truncate":
        del data[op.offset :]
        data.extend(bytes(op.offset - len(data)))
    elif op.what == "write":
        data.extend(bytes(max(0, op.offset - len(data))))
        data[op.offset : op.offset + len(op.data)] = op.data


def _choose(node: _Node, rng: random.Random | None) -> None:
    """What of the pending is there after all."""
    if rng is None or not node.pending:
        return
    some = node.pending[: rng.randint(0, len(node.pending))]
    data = bytearray(node.data)
    for op in some:
        _enter(node.entries, op)
        _change(data, op)
    holes = rng.choice((0.0, 0.02, 0.5, 1.0))  # the share of sectors that were not written: all of them is a size alone
    if len(data) > len(node.data):
        for sector in range(len(node.data) // SECTOR * SECTOR, len(data), SECTOR):
            if rng.random() < holes:
                begin, end = max(sector, len(node.data)), min(sector + SECTOR, len(data))
                data[begin:end] = bytes(end - begin)
    node.data = bytes(data)


def _build(nodes: dict[int, _Node], number: int, path: Path) -> None:
    node = nodes[number]
    if not node.folder:
        path.write_bytes(node.data)
        return
    path.mkdir()
    for name, child in node.entries.items():
        _build(nodes, child, path / name)
