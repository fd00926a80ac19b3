"""What an entry of the log is, and the text that its hash is over. Pure; docs/security.md tells it to third parties."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from vms.domain.clock import rfc3339
from vms.domain.redaction import redact

#: Every word that an entry may have as its action, and of what kind it is.
ACTIONS: dict[str, str] = {
    "session.open": "session", "session.close": "session", "session.refuse": "refusal",
    "password.change": "account", "token.create": "account", "token.revoke": "account",
    "user.create": "account", "user.change": "account",
    "camera.view": "look", "recording.play": "look", "recording.picture": "look",
    "hold.put": "change", "hold.release": "change",
    "alert.acknowledge": "change", "alert.resolve": "change",
    "quiet.put": "change", "quiet.end": "change",
    "shift.put": "change", "shift.remove": "change", "shift.import": "change", "duty.change": "change",
    "channel.put": "account", "channel.remove": "account", "channel.test": "account",
    "zones.change": "change", "masks.change": "change", "facility.change": "change",
    "rule.try": "change", "index.audit": "change",
    "request.refuse": "refusal",
    "room.open": "room", "room.close": "room", "room.view": "room",
    "audit.read": "audit", "audit.export": "audit", "audit.lose": "audit",
}  # fmt: skip
#: What the first entry has as its predecessor's hash.
GENESIS = "0" * 64
#: Characters of one text, items of one list, levels of a detail.
MOST_TEXT = 2000
MOST_ITEMS = 500
MOST_LEVELS = 4
#: Beyond this not every reader of JSON has the same number.
MOST_INTEGER = 2**53

Outcome = Literal["done", "refused"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; ``user`` None: a stranger, or the service itself. ``session`` tells logins apart, never written.

    ``token``: a program did, with the user's token of this name; it is told in the detail.
    """

    user: str | None
    role: str | None
    address: str
    session: str | None = field(default=None, repr=False)
    token: str | None = None

    @property
    def actor(self) -> Actor:
        """Itself, so that it can stand where a ``Grant`` can."""
        return self


class Asker(Protocol):
    """A ``Grant``, or an ``Actor``."""

    @property
    def actor(self) -> Actor:
        """Who it is."""
        ...


#: What nobody in particular did.
SERVICE = Actor(None, None, "service")
COMMAND_LINE = Actor(None, None, "command line")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry before it has its number; made by ``made``."""

    at: datetime  # whole milliseconds: what is told is what was hashed
    user: str | None
    role: str | None
    address: str
    action: str
    site: str | None
    camera: str | None
    object: str | None
    outcome: str
    detail: Mapping[str, Any]


def made(
    at: datetime,
    by: Asker,
    action: str,
    *,
    site: str | None = None,
    camera: str | None = None,
    object: str | None = None,  # the interface's word
    detail: Mapping[str, Any] | None = None,
    outcome: Outcome = "done",
) -> Entry:
    """An entry of bounded size, without credentials of URLs; ``ValueError`` for an action that is no word of ours."""
    if action not in ACTIONS:
        raise ValueError(f"'{action}' is no action of the audit log")
    who = by.actor
    return Entry(
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        user=_text(who.user, 64),
        role=_text(who.role, 32),
        address=_text(who.address, 64) or "-",
        action=action,
        site=_text(site, 63),
        camera=_text(camera, 63),
        object=_text(object, 200),
        outcome=outcome,
        detail=_plain({**(detail or {}), **({} if who.token is None else {"token": who.token})}, MOST_LEVELS),
    )


def told(seq: int, entry: Entry) -> dict[str, Any]:
    """The entry as the interface gives it, without ``prev`` and ``hash``."""
    return {
        "seq": seq, "at": rfc3339(entry.at), "user": entry.user, "role": entry.role, "address": entry.address,
        "action": entry.action, "site": entry.site, "camera": entry.camera, "object": entry.object,
        "outcome": entry.outcome, "detail": entry.detail,
    }  # fmt: skip


def canonical(value: Any) -> str:
    """RFC 8785: keys in order, no blanks, no escapes but those that JSON demands. There are no fractions in it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of(prev: str, text: str) -> str:
    """SHA-256, in hexadecimal, over the predecessor's hash in hexadecimal and the canonical text, in UTF-8."""
    return hashlib.sha256((prev + text).encode()).hexdigest()


def _text(value: str | None, most: int) -> str | None:
    """As it is, but for what no database keeps (NUL, halves of surrogate pairs), and cut."""
    if value is None:
        return None
    if not value.isascii() or "\x00" in value:
        value = value.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if "://" in value or "=" in value:  # else there is nothing to take out, and a look is noted in half the time
        value = redact(value)
    return value[:most]


def _plain(value: Any, levels: int) -> Any:
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < MOST_INTEGER):
        return value
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping) and levels:
        return {_text(str(key), 64): _plain(inner, levels - 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and levels:
        items = sorted(value) if isinstance(value, (set, frozenset)) else list(value)
        more = [f"and {len(items) - MOST_ITEMS} more"] if len(items) > MOST_ITEMS else []
        return [_plain(one, levels - 1) for one in items[:MOST_ITEMS]] + more
    return _text(f"{value:g}" if isinstance(value, float) else str(value), MOST_TEXT)
