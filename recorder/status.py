"""What of a camera's state does not need its recorder: the words for reasons, and those that are not pulled."""

from __future__ import annotations

from typing import cast, get_args

from vms.domain.clock import from_epoch
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera
from vms.domain.messages import RecorderState, StreamReason

#: A disk that is well is found and mended within this, also by many cameras (seconds).
PATIENCE_S = 15.0
_REASONS = frozenset(get_args(StreamReason))


def reason_of(word: str) -> StreamReason:
    """``word`` where it is one that states know, else ``connecting``."""
    if word in _REASONS:
        return cast(StreamReason, word)
    return "connecting"


def refused_state(
    site: str, camera: Camera, node: str, at: float, revision: int, err: ConfigurationError | None
) -> RecorderState:
    """The state of a camera that is disabled, or cannot even be tried."""
    return RecorderState(
        site=site, camera=camera.id, node=node, at=from_epoch(at), since=from_epoch(at), revision=revision,
        status="disabled" if err is None else "offline",
        reason=None if err is None else "configuration",
        detail="" if err is None else str(err),
    )  # fmt: skip


def waiting_state(
    site: str, camera: Camera, node: str, at: float, since: float, waited: float, revision: int
) -> RecorderState:
    """The state of a camera that is not written yet: its disk was asked at ``since`` (UTC seconds), and is silent.

    ``waited``: for so many seconds, by a clock that nobody sets.
    """
    hangs = waited > PATIENCE_S
    return RecorderState(
        site=site, camera=camera.id, node=node, at=from_epoch(at), since=from_epoch(since), revision=revision,
        status="offline",
        reason="disk" if hangs else "connecting",
        detail="the disk does not answer" if hangs else "",
    )  # fmt: skip
