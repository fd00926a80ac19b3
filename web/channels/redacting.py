"""What another side said of a message, without what it was sent with: the gateway's URL, the address. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import unquote, unquote_plus

from vms.domain.redaction import escaped, redact

#: Characters of an answer that are kept.
MOST = 300
#: A part that is shorter is in every text.
_LEAST = 3
#: Parts of URLs that are no secret, and words of answers.
_WORDS = frozenset((
    "api", "application", "auth", "error", "false", "form", "http", "https", "json", "key", "mail", "mailto",
    "mailtos", "message", "method", "name", "notification", "notify", "plain", "post", "push", "put", "send",
    "sent", "sms", "smtp", "text", "the", "token", "topic", "true", "user", "xml", "yes",
))  # fmt: skip


def hidden_parts(url: str, address: str) -> list[str]:
    """What must not be in an answer, the longest first: whole and in parts, as written and as meant."""
    _, _, rest = url.partition("://")
    parts = {url, rest, address, *re.split(r"[/?#&=@:,;]+", rest), *re.split(r"[/?#&=]+", rest), *address.split("@")}
    if "@" in rest:
        user = rest.rpartition("@")[0]
        parts |= {user, unquote(user).partition(":")[2]}
        # As it goes over the wire: a side that answers with what it was sent must not tell it.
        parts |= {base64.b64encode(one.encode()).decode("ascii").rstrip("=") for one in (user, unquote(user))}
    parts |= {unquote(one) for one in parts} | {unquote_plus(one) for one in parts}
    kept = {one for part in parts if len(one := part.strip()) >= _LEAST and one.lower() not in _WORDS}
    return sorted(kept, key=len, reverse=True)


def said(text: str, hidden: Iterable[str]) -> str:
    """One line of at most ``MOST`` characters."""
    text = redact(" ".join(text.split()))
    for part in hidden:
        text = re.sub(re.escape(part), "***", text, flags=re.IGNORECASE)
    text = escaped(text)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
