"""Where browsers' push services are, and what a browser's subscription must look like. Pure.

An endpoint comes from a browser, and this host posts to it: it must be one of a push service that is known, never
whatever somebody likes to have asked from inside.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec

from vms.domain.errors import ConfigurationError

#: Chrome and most of its kin, Firefox, Edge, Safari; a dot in front: and whatever is beneath.
KNOWN = (
    "fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.services.mozilla.com", ".notify.windows.com",
    "web.push.apple.com",
)  # fmt: skip
#: Only what every reader of URLs takes apart in the same way; no user, no backslash.
_URL = re.compile(
    r"(?P<origin>(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?)"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,900})"
)
_LOCAL = re.compile(r"http://127\.0\.0\.1:[1-9][0-9]{0,4}")
_HOST = re.compile(r"(?:https://)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(:[1-9][0-9]{0,4})?")


@dataclass(frozen=True, slots=True)
class Subscription:
    """As ``PushSubscription.toJSON()`` gives it; ``endpoint`` itself is a secret: who has it can send."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)

    @classmethod
    def checked(cls, endpoint: str, p256dh: str, auth: str, more: frozenset[str]) -> Self:
        """``ValueError`` in words for what this host does not send to."""
        if not permitted(endpoint, more):
            raise ValueError("the subscription's endpoint is at no push service that this host knows")
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(p256dh))
            good = len(_bytes(p256dh)) == 65 and len(_bytes(auth)) == 16
        except (ValueError, binascii.Error):
            good = False
        if not good:
            raise ValueError("the subscription's keys are none: p256dh is a point of P-256, auth has 16 bytes")
        return cls(endpoint, p256dh, auth)

    @classmethod
    def stored(cls, text: str) -> Self:
        """From what ``text`` gave; ``ValueError`` for anything else."""
        try:
            found = json.loads(text)
            return cls(str(found["endpoint"]), str(found["p256dh"]), str(found["auth"]))
        except (KeyError, TypeError) as err:
            raise ValueError("it is no subscription") from err

    @property
    def device(self) -> str:
        """By what a browser knows itself in its owner's list (``web/ui/src/push/device.ts``), and nobody sends."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()[:16]

    def text(self) -> str:
        """To be kept."""
        return json.dumps({"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": self.auth})


def permitted(endpoint: str, more: frozenset[str]) -> bool:
    """Whether this host sends there; ``more``: origins beside those of the usual browsers."""
    found = _URL.fullmatch(endpoint)
    if found is None:
        return False
    if found["origin"] in more:
        return True
    host = found["host"]
    known = any(host == one or (one[0] == "." and host.endswith(one)) for one in KNOWN)
    return known and found["scheme"] == "https" and found["port"] is None


def origin_of(endpoint: str) -> str:
    """Scheme, host and port; empty where it is no endpoint."""
    found = _URL.fullmatch(endpoint)
    return "" if found is None else found["origin"]


def origins(stated: str) -> frozenset[str]:
    """Of ``VMS_PUSH_SERVICES``: hosts, with a port or without, over TLS; for trials ``http://127.0.0.1:PORT``."""
    made = set()
    for text in (one.strip().lower().rstrip("/") for one in stated.split(",")):
        if not text:
            continue
        found = _HOST.fullmatch(text)
        if _LOCAL.fullmatch(text):
            made.add(text)
        elif found is not None:
            made.add(f"https://{found[1]}{'' if found[2] == ':443' else found[2] or ''}")
        else:
            raise ConfigurationError(
                f"VMS_PUSH_SERVICES: {text[:64]!a} is no host of a push service; example: push.example.vn"
            )
    return frozenset(made)


def _bytes(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,200}={0,2}", text):
        raise ValueError("no base64url")
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
