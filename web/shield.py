"""What stands before every request, as ASGI layers: headers that bind browsers, same origin, bodies of bounded size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.access import FORBIDDEN
from web.problems import Problem, document
from web.tls import HSTS, is_secure

MAX_BODY = 256 * 1024
#: Before a login nobody has more to say than a name and a password.
MAX_LOGIN_BODY = 4096
#: A roster as a file; what is in it is read after the login was looked at.
MAX_TABLE = 1024 * 1024
_MOST = {"/api/session": MAX_LOGIN_BODY, "/api/duty/shifts/import": MAX_TABLE}
#: A body is there within so many seconds: who sends one letter by letter holds a place all the while.
BODY_S = 20.0
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # A dialogue keeps the page beneath from scrolling by an element <style>, whose text nobody knows before (a
        # package's own doing); what is written into markup as an attribute is no one's.
        "style-src 'self' 'unsafe-inline'",
        "style-src-attr 'none'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def is_foreign(headers: Headers, *, secure: bool = False) -> bool:
    """Whether another site's page sent this: its ``Origin`` names another host or port than ``Host``.

    ``secure``: this came by HTTPS, and a page without it is anybody's who is on the way.
    """
    origin = headers.get("origin")
    if origin is None:  # no browser, or one that says the same in another word
        return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    if parts.scheme not in (("https",) if secure else ("http", "https")):  # also the opaque origin 'null'
        return True
    return parts.netloc.lower() != headers.get("host", "").lower()


class Shield:
    """The outermost layer but ``Proxies``, which says who asks."""

    def __init__(self, app: ASGIApp, foreign: Callable[[Scope], None] = lambda _scope: None) -> None:
        self._app = app
        self._foreign = foreign  # told of what is refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if is_foreign(Headers(scope=scope), secure=is_secure(scope)):
                self._foreign(scope)
                await _refuse_socket(receive, send)
                return
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if is_secure(scope):
                    headers.setdefault("Strict-Transport-Security", HSTS)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
                    # What a browser kept for one login is not the next one's who sits down at it.
                    headers.add_vary_header("Cookie")
            await send(message)

        headers = Headers(scope=scope)
        if scope["method"] not in SAFE_METHODS and is_foreign(headers, secure=is_secure(scope)):
            self._foreign(scope)
            refused = Problem(403, "foreign-origin", "requests from another site's page are refused")
            await document(scope["path"], refused)(scope, receive, with_headers)
            return
        most = _MOST.get(scope["path"].rstrip("/"), MAX_BODY)
        too_large = Problem(413, "too-large", f"a body has at most {most} bytes")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            await document(scope["path"], too_large)(scope, receive, with_headers)
            return
        received, whole = 0, False
        until = asyncio.get_running_loop().time() + BODY_S

        async def bounded() -> Message:
            nonlocal received, whole
            try:
                async with asyncio.timeout_at(None if whole else until):
                    message = await receive()
            except TimeoutError as err:  # HTTPException: the one kind that the framework passes on
                raise HTTPException(408, "the body did not come", {"Connection": "close"}) from err
            if message["type"] == "http.request":
                whole = not message.get("more_body", False)
                received += len(message.get("body", b""))
                if received > most:
                    raise HTTPException(413, too_large.detail)
            return message

        await self._app(scope, bounded, with_headers)


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()  # the handshake: without accepting it a browser cannot read the code
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": FORBIDDEN, "reason": "foreign origin"})
