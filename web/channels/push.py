"""What is carried to a person, and what came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["sent", "failed", "gone"]  # gone: this channel will never work again
#: Browsers' push service, beside the gateways that this host names.
WEBPUSH = "webpush"


@dataclass(frozen=True, slots=True)
class Push:
    """One message. ``path`` is within the dashboard; ``picture`` a JPEG that may leave the house, or None."""

    title: str
    body: str
    path: str
    tag: str  # a later one with the same takes its place, where the channel can do that
    urgent: bool
    alert: str | None = None  # that can be taken on from the message itself
    picture: bytes | None = None
    silent: bool = False  # it only replaces what was shown before


@dataclass(frozen=True, slots=True)
class Answer:
    """``text``: what the other side said, without secrets, at most 300 characters."""

    outcome: Outcome
    text: str
    took_ms: int = 0
