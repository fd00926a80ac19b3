"""Finding and ending the TCP connection that libav opened for one session.

libav can hang in a read for ever (a header that trickles, RTCP without video), and closing its context from
another thread crashes. Shutting the socket down frees the reading thread at once. The socket is found as the
one that appeared, with the camera as its peer, while a session was being opened; openings to one peer
therefore take turns, each until its connection stands (an opening lasts until the first key frame, seconds).
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Peer = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Connection:
    """A descriptor together with what tells it from a later one of the same number."""

    descriptor: int
    inode: int


class PeerLocks:
    """One lock a peer; grows with the number of distinct cameras only."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[Peer, threading.Lock] = {}

    @contextlib.contextmanager
    def turn(self, peer: Peer, timeout_s: float, found: Callable[[Connection], None]) -> Iterator[None]:
        """Waits for the peer's turn and looks for the connection that is made inside; ``found`` gets it.

        Goes on without its turn after ``timeout_s``: one hung opening blocks no other.
        """
        with self._guard:
            lock = self._locks.setdefault(peer, threading.Lock())
        taken = lock.acquire(timeout=timeout_s)
        finder = _Finder(peer, found, lock.release if taken else lambda: None)
        try:
            finder.start()
            yield
        finally:
            finder.finish()


class _Finder(threading.Thread):
    """Looks until the connection stands, then ends the turn: the thread that opens is inside libav meanwhile."""

    def __init__(self, peer: Peer, found: Callable[[Connection], None], end_turn: Callable[[], None]) -> None:
        super().__init__(name="finder", daemon=True)
        self._peer = peer
        self._found = found
        self._end_turn = end_turn
        self._finished = threading.Event()
        self._before = connections_to(peer)

    def run(self) -> None:
        last: set[Connection] = set()
        pause = 0.005
        try:
            while True:
                finished = self._finished.wait(pause)
                new = connections_to(self._peer) - self._before
                # Seen twice, so that a preflight's socket has had the time to be put aside.
                if len(new) == 1 and (new == last or finished):
                    self._found(next(iter(new)))
                    return
                if finished:
                    return
                last, pause = new, min(0.1, pause * 1.5)
        finally:
            self._end_turn()

    def finish(self) -> None:
        """The opening is over: one last look."""
        self._finished.set()
        self.join()


#: Inodes of connections that are not libav's: the preflight's own.
_ASIDE: set[int] = set()


@contextlib.contextmanager
def aside(link: socket.socket) -> Iterator[None]:
    """Keeps ``link`` from being taken for a session's connection; enter before it is connected."""
    inode = os.fstat(link.fileno()).st_ino
    _ASIDE.add(inode)
    try:
        yield
    finally:
        _ASIDE.discard(inode)


def connections_to(peer: Peer) -> set[Connection]:
    """This process's TCP connections to ``peer``, without those put aside."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError, ValueError):
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            if os.fstat(int(name)).st_ino in _ASIDE:
                continue
            duplicate = socket.socket(fileno=os.dup(int(name)))
            with duplicate:
                if duplicate.type == socket.SOCK_STREAM and duplicate.getpeername()[:2] == peer:
                    found.add(Connection(int(name), os.fstat(int(name)).st_ino))
    return found


def shut_down(connection: Connection) -> bool:
    """Ends the connection under its reader's feet; False when it is no longer there."""
    with contextlib.suppress(OSError):
        duplicate = os.dup(connection.descriptor)
        with socket.socket(fileno=duplicate) as link:
            if os.fstat(duplicate).st_ino == connection.inode:
                link.shutdown(socket.SHUT_RDWR)
                return True
    return False
