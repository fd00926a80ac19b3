"""What people may do: permissions, and the roles that bundle them. Where they may do it is ``web.reach``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Permission = Literal[
    "session.own",
    "system.view",
    "camera.view",
    "camera.configure",
    "alert.view",
    "alert.ack",
    "alert.resolve",
    "alert.quiet",
    "duty.view",
    "duty.manage",
    "recording.view",
    "recording.hold",
    "room.open",
    "room.oversee",
    "mask.lift",
    "index.audit",
    "audit.view",
    "user.manage",
]
ALL: frozenset[Permission] = frozenset(get_args(Permission))

_LOOK: frozenset[Permission] = frozenset(("session.own", "system.view", "camera.view", "alert.view"))
_ACT: frozenset[Permission] = frozenset(("alert.ack", "alert.resolve", "alert.quiet", "duty.view"))
_KEEP: frozenset[Permission] = frozenset(("recording.view", "recording.hold"))
_LEAD: frozenset[Permission] = frozenset(
    ("camera.configure", "duty.manage", "room.open", "room.oversee", "mask.lift", "audit.view")
)

ROLES: dict[str, frozenset[Permission]] = {
    "admin": ALL,
    "supervisor": _LOOK | _ACT | _KEEP | {"room.open"},
    "records": _LOOK | _KEEP | {"room.open", "mask.lift"},  # what is handed out is judged as it was recorded
    "duty": _LOOK | _ACT | {"recording.view", "room.open"},  # what happened is judged by what led to it
    "site_lead": _LOOK | _ACT | _KEEP | _LEAD,
    "viewer": _LOOK,
}
#: What a personal token never has: it speaks for a person, and is none.
OF_PEOPLE: frozenset[Permission] = frozenset(("session.own", "user.manage", "room.open", "room.oversee", "mask.lift"))
#: Those who answer for the sites that they are given; the others may be given all.
OF_SITES = frozenset(("site_lead",))
#: Those who cannot be held to some sites: they give rights to others.
OF_ALL = frozenset(("admin",))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks; ``session`` is the hash by which the session, or the personal token, is kept.

    ``sites`` None: all, also those to come. ``token``: what its owner calls the personal token, None for a session.
    """

    session: str
    user_id: int
    username: str
    role: str
    permissions: frozenset[Permission]
    sites: frozenset[str] | None
    expires_at: datetime
    token: str | None = None

    def may(self, needed: Iterable[Permission]) -> bool:
        """Whether the identity has all of these permissions."""
        return self.permissions.issuperset(needed)

    def same_rights(self, other: Identity) -> bool:
        """Whether the other may do and see the same."""
        return (self.user_id, self.permissions, self.sites) == (other.user_id, other.permissions, other.sites)
