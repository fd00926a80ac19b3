"""The dashboard's files, for every path that is no route; its pages are told apart in the browser."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

_NOT_BUILT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dashboard not built</title>
<style>body{font:16px system-ui,sans-serif;margin:3rem;background:#0d1014;color:#dfe5ec}</style></head><body>
<h1>The dashboard is not built</h1>
<p>The service runs; only its pages are missing. Run <code>make</code> in the project's folder and reload.</p>
<p lang="vi">Dịch vụ đang chạy, chỉ thiếu giao diện. Chạy <code>make</code> trong thư mục dự án rồi tải lại trang.</p>
</body></html>"""
_RESERVED = ("api", "ws", "metrics", "healthz", "readyz")
#: Addresses that the dashboard knows. Elsewhere it says so, and so does the status: a probe of a guess must fail.
PAGES = ("", "wall", "cameras", "recordings", "rooms", "alerts", "account", "users", "audit", "duty", "reports")


class Dashboard:
    """An ASGI application for what the router does not know."""

    def __init__(self, root: Path, refused: Callable[[Scope], None] = lambda _scope: None) -> None:
        self._root = root
        self._refused = refused  # told of who tries to get out of it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4404, "reason": "no such socket"})
            return
        if _leads_out(scope["path"]):
            self._refused(scope)
            raise HTTPException(404, "there is no such file")
        response = self._answer(scope["method"], scope["path"], Headers(scope=scope).get("accept-encoding", ""))
        await response(scope, receive, send)

    def _answer(self, method: str, path: str, accepted: str) -> Response:
        parts = path.strip("/").split("/")
        if parts[0] in _RESERVED:
            raise HTTPException(404, "there is no such route")
        if method not in ("GET", "HEAD"):
            raise HTTPException(405, "only GET", {"Allow": "GET, HEAD"})
        file = self._file(parts)
        if file is not None:
            lasting = parts[0] == "assets"  # their names carry a hash of what is in them
            # no-cache: asked for again each time, so that the service worker (sw.js) is never an old one.
            headers = {"Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache"}
            return _packed(file, accepted, headers) or FileResponse(file, headers=headers)
        if parts[0] == "assets" or "." in parts[-1]:
            raise HTTPException(404, "there is no such file")
        index = self._root / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, 503 if path != "/" else 200, {"Cache-Control": "no-store"})
        return FileResponse(index, 200 if parts[0] in PAGES else 404, headers={"Cache-Control": "no-cache"})

    def _file(self, parts: list[str]) -> Path | None:
        if "" in parts or "." in parts:
            return None
        file = self._root.joinpath(*parts)
        try:
            inside = file.resolve(strict=True).is_relative_to(self._root.resolve())
        except (OSError, ValueError):
            return None
        return file if inside and file.is_file() else None


def _packed(file: Path, accepted: str, headers: dict[str, str]) -> Response | None:
    """The file as the build packed it beside itself, for who unpacks it: on mobile data that is two thirds less."""
    packed = file.with_name(f"{file.name}.gz")
    if not packed.is_file():
        return None
    headers["Vary"] = "Accept-Encoding"
    codings = (coding.partition(";") for coding in accepted.split(","))
    if not any(name.strip() == "gzip" and rest.replace(" ", "") != "q=0" for name, _, rest in codings):
        return None
    media_type = mimetypes.guess_type(file.name)[0]
    return FileResponse(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)


def _leads_out(path: str) -> bool:
    """What no page of ours ever asks for; encoded once more than it was read, too."""
    for _ in range(2):
        if "\x00" in path or ".." in path.replace("\\", "/").split("/") or path.startswith("//"):
            return True
        path = unquote(path)
    return False
