"""What a camera sends, scripted: a session is told no more of a picture than this."""

from __future__ import annotations

from typing import NamedTuple


class ScriptedPacket(NamedTuple):
    """One access unit; ``pts`` in ticks."""

    payload: bytes
    pts: int | None
