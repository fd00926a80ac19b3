"""What this host is told of ways to persons: gateways, push services, its public address. From the environment.

A gateway is an apprise URL with ``{address}`` in it. Whether apprise can send to it is asked of a courier at start
(``web.channels.couriers``): this process does not load apprise. Here nothing is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit

from vms.domain.errors import ConfigurationError
from vms.settings.secrets import SUFFIX, secret
from web.channels.endpoints import origins
from web.channels.push import WEBPUSH

Asks = Literal["email", "chat_id", "topic", "phone", "text"]

PREFIX = "VMS_NOTIFY_"
#: A monitor outside that canaries are sent to; never offered to persons.
CANARY = "canary"
PLACE = "{address}"
SEE = "see docs/channels.md"

_NAME = re.compile(r"[A-Z0-9][A-Z0-9_]{0,31}")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30})://")
_ASKS: dict[str, Asks] = {
    **dict.fromkeys(("mailto", "mailtos"), "email"), "tgram": "chat_id", **dict.fromkeys(("ntfy", "ntfys"), "topic"),
}  # fmt: skip
#: Where the authority of the URL is a host that is sent to: a person must not choose it.
_WITH_HOST = frozenset(("mailto", "mailtos", "json", "jsons", "form", "forms", "xml", "xmls"))
#: What is entered, and what it is called where it is not that. No blanks and commas: apprise would see two addresses.
_PATTERNS: dict[Asks, tuple[re.Pattern[str], str]] = {
    "email": (re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?=.{4,190}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"), "an e-mail address"),
    "chat_id": (re.compile(r"-?\d{1,20}|@[A-Za-z0-9_]{5,32}"), "a chat id: digits, or @ and the name of a channel"),
    "topic": (re.compile(r"[A-Za-z0-9_-]{1,64}"), "a topic: at most 64 letters, digits, '-' and '_'"),
    "phone": (re.compile(r"\+?[0-9]{6,15}"), "a phone number: 6 to 15 digits, '+' and the country before them"),
    "text": (re.compile(r".{1,200}"), "1 to 200 characters that can be seen"),
}  # fmt: skip
#: As ``py_vapid`` takes it.
_CONTACT = re.compile(r"mailto:[^\s@]+@[\w-]+(\.[\w-]+)*|https://[\w-]+(\.[\w-]+)*")


@dataclass(frozen=True, slots=True)
class Gateway:
    """``template`` holds secrets: nobody logs it."""

    name: str
    template: str = field(repr=False)
    asks: Asks

    def url(self, address: str) -> str:
        """Where apprise sends to for this address, which stays one part of the URL whatever is in it."""
        return self.template.replace(PLACE, quote(address, safe=""))

    def fault(self, address: str) -> str | None:
        """What the address is not; None: it will do."""
        pattern, what = _PATTERNS[self.asks]
        good = address.isprintable() and address == address.strip() and pattern.fullmatch(address)
        return None if good else f"this gateway asks for {what}"


@dataclass(frozen=True, slots=True)
class Ways:
    """What there is. ``canary``'s template has no place for an address."""

    gateways: Mapping[str, Gateway]
    canary: Gateway | None
    public_url: str | None  # without a slash at its end
    push_origins: frozenset[str]  # of push services beside the usual ones
    contact: str  # that push services are told

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Ways:
        """``ConfigurationError`` in one line, which never shows a URL."""
        found = {name: gateway for name in sorted(_names(env)) if (gateway := _gateway(name, env)) is not None}
        canary = found.pop(CANARY, None)
        public = _public_url(env)
        stated = env.get("VMS_VAPID_CONTACT") or (public and _host_of(public)) or "mailto:vms@localhost"
        if not _CONTACT.fullmatch(stated):
            raise ConfigurationError(
                "VMS_VAPID_CONTACT is no contact: mailto:somebody@example.vn, or https:// and a host alone"
            )
        return cls(found, canary, public, origins(env.get("VMS_PUSH_SERVICES") or ""), stated)


def _names(env: Mapping[str, str]) -> set[str]:
    """Of the gateways, in the environment's letters."""
    names = {
        key.removeprefix(PREFIX).removesuffix(SUFFIX) for key, value in env.items() if key.startswith(PREFIX) and value
    }
    for name in names:
        if not _NAME.fullmatch(name) or name.lower() == WEBPUSH:
            raise ConfigurationError(
                f"{PREFIX}{name[:40]!a}: a gateway's name is of at most 32 letters A–Z, digits and '_', not WEBPUSH"
            )
    return {name.lower() for name in names}


def _gateway(name: str, env: Mapping[str, str]) -> Gateway | None:
    variable = PREFIX + name.upper()
    url = (secret(env, variable) or "").strip()
    if not url:
        return None
    scheme = _SCHEME.match(url)
    if scheme is None or not url.isprintable() or " " in url:
        raise ConfigurationError(f"{variable} is no URL of apprise's, such as jsons://…; {SEE}")
    authority = re.split(r"[/?#]", url[scheme.end() :], maxsplit=1)[0]
    if name == CANARY:
        if PLACE in url:
            raise ConfigurationError(f"{variable} goes to one place: leave {PLACE} out of it")
    elif PLACE not in url:
        raise ConfigurationError(f"{variable} has no {PLACE}, where a person's own is put in; {SEE}")
    elif PLACE in authority and scheme[1] in _WITH_HOST:
        raise ConfigurationError(f"{variable}: {PLACE} stands where the host does; {SEE}")
    return Gateway(name, url, "phone" if name.startswith("sms") else _ASKS.get(scheme[1], "text"))


def _public_url(env: Mapping[str, str]) -> str | None:
    url = (env.get("VMS_PUBLIC_URL") or "").strip().rstrip("/")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("https", "http") and parts.hostname and (parts.port or 1) and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise ConfigurationError("VMS_PUBLIC_URL is no address of a dashboard; example: https://vms.example.vn")
    return url


def _host_of(url: str) -> str | None:
    parts = urlsplit(url)
    return f"https://{parts.hostname}" if parts.scheme == "https" and parts.hostname else None
