"""What a node (a host with recorders) says of itself: its disk and its clock. Heartbeat beside the cameras' states.

Its alerts stand under the site ``NODE_SITE`` and the node's id in the place of a camera: ids of sites and cameras
never begin with an underscore.
"""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import AwareDatetime

from vms.domain.index import AuditResult
from vms.domain.messages import Message

NODE_SITE = "_node"
#: ``storage``: disk; ``index``: files, journal and index differ; ``clock``: the host's clock; ``analysis``: too slow;
#: ``model``: without one that knows persons, counts are guesses.
NodeAlertKind = Literal["storage", "index", "clock", "analysis", "model"]
NODE_ALERTS: tuple[NodeAlertKind, ...] = get_args(NodeAlertKind)

StorageStatus = Literal["ok", "low", "pressure", "held_only", "full", "read_only", "missing"]


class StorageState(Message):
    """The recordings' disk; of several the one that is worst off. ``low``: the forecast is below what must be kept;
    ``missing``: the mount is gone. ``site``: it is the disk of that site alone.
    """

    status: StorageStatus = "ok"
    detail: str = ""
    site: str | None = None
    free_bytes: int | None = None
    total_bytes: int | None = None
    recorded_bytes: int | None = None
    held_bytes: int | None = None
    oldest: AwareDatetime | None = None
    days_left: float | None = None  # until the disk is full at the present rate; 0 when it is already turning over
    days_kept: float | None = None  # what ``days_kept_by`` holds at the present rate, all in all
    days_kept_by: str | None = None  # ``disk``, or the quota that keeps least: ``facility``, ``site:ID``, ``camera:ID``
    days_wanted: float | None = None  # the longest retention that is configured for what is kept there
    deleted_at: AwareDatetime | None = None  # last deletion, and why
    deleted_because: str | None = None


class HostClock(Message):
    """The host's clock as its kernel tells it (adjtimex); offsets in seconds, positive: the host is ahead."""

    synchronized: bool | None = None
    offset_s: float | None = None
    max_error_s: float | None = None
    frequency_ppm: float | None = None
    stepped_at: AwareDatetime | None = None  # the last step that was seen, and by how much
    stepped_s: float | None = None


class NodeState(Message):
    """Key ``_node.<node>.<recorder's name>`` in the bucket ``state``, every few seconds."""

    node: str
    name: str
    at: AwareDatetime
    storage: StorageState | None = None
    clock: HostClock | None = None
    audit: AuditResult | None = None  # the last one of the index
    queued_bytes: int = 0
    revision: int = 0
