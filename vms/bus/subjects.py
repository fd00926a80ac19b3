"""The names on the bus, in one place. Ids hold neither dots nor wildcards, so a subject is never ambiguous."""

from __future__ import annotations

from typing import Literal

from vms.domain.messages import Profile
from vms.domain.node import NODE_SITE

STREAM_ALERTS = "ALERTS"
STREAM_SEGMENTS = "SEGMENTS"
BUCKET_STATE = "state"
BUCKET_CONFIG = "config"
CONFIG_KEY = "facility"
BUCKET_HOLDS = "holds"
HOLDS_KEY = "all"
#: Where a node is named, this is web: ids never begin with an underscore.
WEB = "_web"

Stored = Literal["alert", "segment", "gap", "minute", "index", "canary"]
Verb = Literal["watch", "snapshot", "read", "fragments", "render", "tryout", "audit"]
Role = Literal["recorder", "detector"]
#: Who has a user of its own on the bus.
BusRole = Literal["recorder", "detector", "renderer", "web"]

STREAM_SUBJECTS: dict[str, list[str]] = {
    STREAM_ALERTS: ["vms.v1.*.*.alert", "vms.v1.*.*.canary"],
    STREAM_SEGMENTS: ["vms.v1.*.*.segment", "vms.v1.*.*.gap", "vms.v1.*.*.minute", "vms.v1.*.*.index"],
}


def stored(site: str, camera: str, kind: Stored) -> str:
    """Subject of a stored message."""
    return f"vms.v1.{site}.{camera}.{kind}"


def live(site: str, camera: str, profile: Profile) -> str:
    """Subject of a live profile; never stored."""
    return f"live.v1.{site}.{camera}.{profile}"


def backlog(live_subject: str, token: str) -> str:
    """Where one watcher gets the current group of pictures; ``token`` is of letters and digits."""
    return f"{live_subject}.{token}"


def inbox_prefix(role: BusRole | None) -> str:
    """What the inboxes of a role begin with: nobody else may listen there."""
    return "_INBOX" if role is None else f"_INBOX.{role}"


def control(site: str, camera: str, verb: Verb) -> str:
    """Subject of a request."""
    return f"ctl.v1.{site}.{camera}.{verb}"


def node_key(node: str, name: str) -> str:
    """Key in the bucket ``state`` of a node's own heartbeat, by the recorder ``name``."""
    return f"{NODE_SITE}.{node}.{name}"


def state_key(site: str, camera: str, role: Role) -> str:
    """Key in the bucket ``state``."""
    return f"{site}.{camera}.{role}"
