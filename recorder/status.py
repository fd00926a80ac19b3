"""What of a camera's state does not need its recorder: the words for reasons, and those that are not pulled."""

from __future__ import annotations

from typing import cast, get_args

from vms.domain.clock import from_epoch
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera
from vms.domain.messages import RecorderState, StreamReason

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
