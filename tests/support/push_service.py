"""A browser's push service on this host, which checks what it is sent, and the browser that can read it.

RFC 8030 (the request), RFC 8292 (VAPID: who sends), RFC 8291 (aes128gcm for the subscriber's keys).
"""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.post_office import Got, Receiver

#: RFC 8292, 2: a token lives no longer.
MOST_LIFE_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as the browser's service worker gets it, and what the service was told of it."""

    data: dict[str, Any]
    claims: dict[str, Any]
    ttl: int
    urgency: str
    topic: str
    size: int


class Browser:
    """Subscribed with its own keys at ``path`` of the service."""

    def __init__(self, path: str = "/wpush/v2/abc-123_x") -> None:
        self.path = path
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    def keys(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": _text(point), "auth": _text(self.auth)}

    def decrypted(self, body: bytes) -> bytes:
        return bytes(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


@dataclass
class PushService(Receiver):
    """``public_key``: the one that browsers subscribed with. A subscription that it does not know is gone: 410."""

    public_key: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)

    def subscribe(self, browser: Browser) -> dict[str, Any]:
        """As ``PushSubscription.toJSON()`` has it."""
        self.browsers[browser.path] = browser
        return {"endpoint": f"{self.origin}{browser.path}", "keys": browser.keys()}

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, got: Got) -> tuple[int, bytes]:
        if self.answer[0] != 200:
            return self.answer
        browser = self.browsers.get(got.path)
        if browser is None:
            return 410, b"push subscription has unsubscribed or expired"
        fault, claims = self._vapid(got.headers.get("authorization", ""))
        if fault is not None:
            return 403, fault.encode()
        if got.headers.get("content-encoding") != "aes128gcm" or len(got.body) > 4096:
            return 413, b"payload"
        topic = got.headers.get("topic", "")
        if not got.headers.get("ttl", "").isdigit() or len(topic) > 32 or set(topic) & set("=+/"):
            return 400, b"headers"
        data = json.loads(browser.decrypted(got.body))
        ttl, urgency = int(got.headers["ttl"]), got.headers.get("urgency", "")
        self.shown.append(Shown(data, claims, ttl, urgency, topic, len(got.body)))
        return 201, b""

    def _vapid(self, header: str) -> tuple[str | None, dict[str, Any]]:
        scheme, _, rest = header.partition(" ")
        parts = dict(one.strip().split("=", 1) for one in rest.split(",") if "=" in one)
        if scheme.lower() != "vapid" or parts.get("k") != self.public_key:
            return "another key than that of the subscription", {}
        head, claims, signature = parts["t"].split(".")
        raw = _raw(signature)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(parts["k"]))
        coded = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            point.verify(coded, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "the signature is wrong", {}
        told = json.loads(_raw(claims))
        now = time.time()
        if json.loads(_raw(head))["alg"] != "ES256" or told["aud"] != self.origin:
            return "for another audience", told
        if not now < told["exp"] <= now + MOST_LIFE_S:
            return "expired, or for too long", told
        return (None, told) if told["sub"].startswith(("mailto:", "https://")) else ("no contact", told)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
