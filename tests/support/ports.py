"""Ports for servers of tests that must know theirs before they start."""

from __future__ import annotations

import random
import socket
from pathlib import Path

#: Linux gives ports from here on to whoever asks for any, outgoing connections among them: one that was found free
#: there may be somebody's before its server listens.
_GIVEN_FROM = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
_LOWEST = 10_000
_given: set[int] = set()
_chance = random.SystemRandom()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, that no connection is given, and that was not returned before."""
    while True:
        port = _chance.randrange(_LOWEST, _GIVEN_FROM)
        if port in _given:
            continue
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
