"""A second host on this one: a network namespace behind a link that delays, loses, thins, or swallows packets.

The link is a pair of TUN devices with this process between them, because the kernel of a small machine has no netem:
delay and loss happen to real IP packets here, thinness is ``tc tbf`` and a dead end is a blackhole route. Needs root.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator

_TUNSETIFF, _IFF_TUN_NO_PI = 0x400454CA, 0x1001
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class FarHost:
    """``address`` reaches it. ``delay_s`` (one way) and ``loss`` (share of packets, either way) may be set any time."""

    def __init__(self) -> None:
        number = os.getpid() % 200
        self.name = f"vms-far-{os.getpid()}"
        self.here, self.address = f"10.214.{number}.1", f"10.214.{number}.2"
        self.delay_s = 0.0
        self.loss = 0.0
        self.carried = self.lost = 0
        self._random = random.Random(10)
        self._stop = threading.Event()
        self._near, self._far = f"near{number}", f"far{number}"
        self._descriptors = [_tun(self._near), _tun(self._far)]
        self._thread = threading.Thread(target=self._relay, daemon=True)

    def start(self) -> None:
        ip("netns", "add", self.name)
        ip("link", "set", self._far, "netns", self.name)
        ip("addr", "add", f"{self.here}/24", "dev", self._near)
        ip("link", "set", self._near, "up")
        ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", self._far)
        ip("-n", self.name, "link", "set", self._far, "up")
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for descriptor in self._descriptors:
            os.close(descriptor)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def thin(self, bits_per_s: float) -> None:
        """What it sends goes no faster; a queue of 100 ms, then packets are lost, as on a full line."""
        words = ["tc", "qdisc", "replace", "dev", self._far, "root", "tbf"]
        words += ["rate", f"{bits_per_s:.0f}", "burst", "4kb", "latency", "100ms"]
        subprocess.run(["ip", "netns", "exec", self.name, *words], check=True, capture_output=True)

    def swallow(self) -> None:
        """All that it sends to us vanishes, its last words too: connections stay half open."""
        ip("-n", self.name, "route", "add", "blackhole", f"{self.here}/32")

    def speak(self) -> None:
        """What it sends arrives again."""
        ip("-n", self.name, "route", "del", "blackhole", f"{self.here}/32")

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread makes meanwhile are the far host's."""
        with (
            open("/proc/thread-self/ns/net", encoding="utf-8") as ours,
            open(f"/var/run/netns/{self.name}", encoding="utf-8") as theirs,
        ):
            _enter(theirs.fileno())
            try:
                yield
            finally:
                _enter(ours.fileno())

    def _relay(self) -> None:
        near, far = self._descriptors
        waiting: list[tuple[float, int, int, bytes]] = []
        number = 0
        while not self._stop.is_set():
            pause = min(0.05, max(0.0, waiting[0][0] - time.monotonic())) if waiting else 0.05
            for source in select.select([near, far], [], [], pause)[0]:
                packet = os.read(source, 65536)
                if self._random.random() < self.loss:
                    self.lost += 1
                    continue
                self.carried += 1
                number += 1
                target = far if source == near else near
                heapq.heappush(waiting, (time.monotonic() + self.delay_s, number, target, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, target, packet = heapq.heappop(waiting)
                with contextlib.suppress(OSError):
                    os.write(target, packet)


@contextlib.contextmanager
def far_host() -> Iterator[FarHost]:
    """One that is gone afterwards."""
    host = FarHost()
    try:
        host.start()
        yield host
    finally:
        host.close()


def _tun(name: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN_NO_PI))
    return descriptor


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
