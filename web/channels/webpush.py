"""A message as a browser's service worker gets it, and as its push service is told of it (RFC 8030). Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from web.channels.push import Push

#: Bytes of the payload: services take 4096 with what the encryption adds.
MOST_BYTES = 3500
#: Seconds that a service keeps it for a phone that is off; after that others were called long ago.
TTL_S = 3600


def job(push: Push, language: str) -> dict[str, Any]:
    """Payload and headers; a later message of the same tag takes the place of one that waits at the service."""
    topic = base64.urlsafe_b64encode(hashlib.sha256(push.tag.encode()).digest()[:24]).decode("ascii")
    # Less than high waits until the phone is looked at; of what replaces another message nobody need wake up.
    return {
        "payload": payload(push, language),
        "ttl": TTL_S,
        "urgency": "low" if push.silent else "high",
        "topic": topic,
    }


def payload(push: Push, language: str) -> str:
    """JSON of at most ``MOST_BYTES``: where it is too long, the body is cut.

    ``language``: of the few words that the worker itself says. ``picture`` is a path: the browser gets it by its own
    session, which may have ended, or may see less by now.
    """
    told: dict[str, Any] = {
        "title": push.title, "body": push.body, "path": push.path, "tag": push.tag, "urgent": push.urgent,
        "alert": push.alert, "silent": push.silent, "language": language,
    }  # fmt: skip
    if push.picture is not None and push.alert is not None:
        told["picture"] = f"/api/alerts/{push.alert}/snapshot.jpg"
    while len((text := json.dumps(told, ensure_ascii=False, separators=(",", ":"))).encode()) > MOST_BYTES:
        longest = max(("title", "body"), key=lambda name: len(told[name]))
        told[longest] = told[longest][: len(told[longest]) * 3 // 4].rstrip() + "…"
    return text
