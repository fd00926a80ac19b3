"""The host: Python, cores, memory, disk, port, clock. Figures are those of docs/architecture.md's one machine."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import shutil
import socket
import struct
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psutil

from vms.doctor.finding import Finding

_GIB = 2**30
#: Measured: recording 115 cameras takes 0.36 of a core and 0.44 GB; the detector, web and the bus take the rest.
_CAMERAS_A_CORE = 60
_MEMORY_BASE, _MEMORY_A_CAMERA = 1.5 * _GIB, 8 * 2**20
#: Two sockets, a segment, a journal and a folder for each camera, and what the roles hold anyway.
_FILES_A_CAMERA, _FILES_BASE = 8, 256
#: A 1080p25 camera at 4 Mbit/s, in bytes a day.
_CAMERA_DAY = 4e6 / 8 * 86400
_LEAST_FREE = 2 * _GIB
#: The kernel calls the clock synchronised while its own estimate of the error is below this (µs), as systemd does.
_SYNCHRONISED_US = 16_000_000
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "glusterfs"}


def python() -> Finding:
    """The interpreter's version."""
    version = platform.python_version()
    if sys.version_info < (3, 11):  # noqa: UP036 - a copied folder may be started by any interpreter
        return Finding("problem", "Python", f"{version} is too old", "install Python 3.11 or newer, then 'make clean'")
    return Finding("ok", "Python", f"{version} ({platform.machine()})")


def cores_and_memory(cameras: int) -> Finding:
    """Whether this machine carries so many cameras."""
    # The share that this process may use: a container sees the host's cores, not its own.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = psutil.virtual_memory()
    said = f"{cores} cores, {memory.total / _GIB:.1f} GiB of memory ({memory.available / _GIB:.1f} GiB free)"
    wanted = -(-cameras // _CAMERAS_A_CORE)
    if cores < wanted:
        remedy = f"{cameras} cameras want {wanted} cores: add cores or spread the sites over nodes"
        return Finding("warning", "machine", said, remedy)
    if memory.available < (want := _MEMORY_BASE + cameras * _MEMORY_A_CAMERA):
        return Finding("warning", "machine", said, f"about {want / _GIB:.1f} GiB are wanted: end other programs")
    return Finding("ok", "machine", said)


def open_files(cameras: int) -> Finding:
    """The limit of open files and sockets a process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = _FILES_BASE + cameras * _FILES_A_CAMERA
    if soft != resource.RLIM_INFINITY and soft < want:
        remedy = f"'ulimit -n {want}' before the start" + ("" if hard >= want else ", as root: the hard limit is lower")
        return Finding("warning", "open files", f"{soft} a process, {want} are wanted", remedy)
    return Finding("ok", "open files", f"{soft if soft != resource.RLIM_INFINITY else 'unlimited'} a process")


def disk(data: Path, cameras: int) -> Finding:
    """Free room where ``data`` is or will be, and how long it lasts."""
    try:
        free = shutil.disk_usage(_existing(data)).free
    except OSError as err:
        return Finding("problem", "disk", f"{data}: {err.strerror}", "choose another folder with --data")
    said = f"{data}: {free / _GIB:.0f} GiB free"
    if free < _LEAST_FREE:
        return Finding("problem", "disk", said, "make room, or choose another folder with --data")
    if not cameras:
        return Finding("ok", "disk", said)
    days = free / (cameras * _CAMERA_DAY)
    lasts = f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} hours"
    said += f", about {lasts} of {cameras} cameras at 4 Mbit/s"
    if days < 1:
        return Finding("warning", "disk", said, "recording stops when it is full: add a larger disk")
    return Finding("ok", "disk", said)


def writable(data: Path) -> Finding:
    """Whether a file can be written and synced in ``data``; leaves nothing behind."""
    place = _existing(data)
    remedy = f"give this user the right to write in {place}, or choose another folder with --data"
    if not place.is_dir():
        return Finding("problem", "data folder", f"{place} is no folder", "choose another folder with --data")
    try:
        # A folder of its own: where a file could be made, a folder may still be refused.
        with tempfile.TemporaryDirectory(dir=place, prefix=".doctor-") as made, open(Path(made, "x"), "wb") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    except OSError as err:
        if err.errno == errno.ENOSPC:
            remedy = "make room, or choose another folder with --data"
        return Finding("problem", "data folder", f"{place} cannot be written: {err.strerror}", remedy)
    if place == data.absolute():
        return Finding("ok", "data folder", f"{data} can be written")
    return Finding("ok", "data folder", f"{data} is not there yet; it can be created in {place}")


def file_system(data: Path) -> Finding:
    """The kind of file system: the database must not lie on a network."""
    place = _existing(data).resolve()
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    kind = next((mounts[folder] for folder in (place, *place.parents) if folder in mounts), "unknown")
    if kind in _NETWORK_FILE_SYSTEMS:
        remedy = "choose a local folder with --data: SQLite and fdatasync are not safe over a network"
        return Finding("problem", "file system", f"{data} lies on {kind}", remedy)
    return Finding("ok", "file system", kind)


def port_free(host: str, port: int) -> Finding:
    """Whether the dashboard can listen."""
    subject = f"port {port}"
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((host, port))
    except OSError as err:
        if err.errno == errno.EADDRINUSE:
            remedy = "it is this service if it runs already; else end the other program or choose another --port"
            return Finding("warning", subject, f"in use on {host}", remedy)
        return Finding("problem", subject, f"{host}: {err.strerror}", "choose another --host or --port")
    return Finding("ok", subject, f"free on {host}")


def clock() -> Finding:
    """Whether the host's clock is right and kept so: it labels evidence."""
    now = datetime.now(UTC)
    said = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    remedy = "set the clock and switch NTP on: 'timedatectl set-ntp true', or install chrony"
    if now.year < 2026:
        return Finding("problem", "clock", f"{said} cannot be", remedy)
    synchronised = _synchronised()
    if synchronised is None:
        return Finding("warning", "clock", f"{said}; this system does not say whether NTP keeps it", remedy)
    if not synchronised:
        return Finding("warning", "clock", f"{said}, not kept by NTP", remedy)
    return Finding("ok", "clock", f"{said}, kept by NTP")


def _synchronised() -> bool | None:
    """The kernel's own word, whichever daemon keeps the clock; None where it cannot be asked.

    ``adjtimex`` with modes 0 only reads; ``maxerror`` is the third long of ``struct timex`` (Linux, 64 bits).
    """
    if sys.platform != "linux" or struct.calcsize("l") != 8:
        return None
    buffer = ctypes.create_string_buffer(256)
    if ctypes.CDLL(None, use_errno=True).adjtimex(buffer) < 0:
        return None
    maxerror: int = struct.unpack_from("l", buffer, 24)[0]
    return maxerror < _SYNCHRONISED_US


def _existing(path: Path) -> Path:
    """``path``, or the nearest folder above that exists."""
    absolute = path.absolute()
    return next((one for one in (absolute, *absolute.parents) if one.exists()), Path("/"))
