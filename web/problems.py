"""Errors as browsers see them: RFC 9457 problem documents. Nothing internal is told in them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketState

from vms.domain.errors import BusError
from vms.domain.model import lines_of
from web.accounts.passwords import Crowded
from web.audit.stranger import stranger
from web.database.failures import ANY, first_line

log = logging.getLogger(__name__)

#: Seconds after which one should try again when the database or the bus is away.
RETRY_S = "2"
#: One line says for so long that the database fails (seconds): a flood of requests is not one of lines.
QUIET_S = 10.0
#: Close codes of websockets: for what there is not, for a wrong parameter, for now.
UNKNOWN = 4404
INVALID = 4422
TRY_AGAIN = 4503
_MOST_REASON = 123  # bytes that a close may carry
#: Where the phrase differs between versions of Python.
_WORDS = {413: "too-large", 422: "invalid"}


class Problem(Exception):
    """Answers with a problem document; ``word`` is its stable type."""

    def __init__(
        self,
        status: int,
        word: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(f"{status} {word}: {detail}")
        self.status = status
        self.word = word
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


class SocketRefused(Exception):
    """Closes a websocket with a code of our own, which a browser can only read after an accepted handshake."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


def not_found(what: str) -> Problem:
    """404; also for what belongs to another site, so that nobody learns that it exists."""
    return Problem(404, "not-found", f"there is no such {what}")


def document(path: str, problem: Problem) -> JSONResponse:
    """The response for ``problem``."""
    body = {
        "type": f"about:blank#{problem.word}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        **problem.more,
    }
    return JSONResponse(body, problem.status, problem.headers, "application/problem+json")


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    """A browser reads the code only after an accepted handshake."""
    if socket.application_state is WebSocketState.CONNECTING:
        await socket.accept()
    with contextlib.suppress(RuntimeError):  # it is closed already
        await socket.close(code, reason.encode()[:_MOST_REASON].decode(errors="ignore"))


def _note(connection: HTTPConnection, status: int, **detail: Any) -> None:
    """A refusal, for the audit log: who it was ``web.access`` left behind, where it came so far."""
    scope = connection.scope
    path = f"{scope.get('method', 'WEBSOCKET')} {scope['path']}"
    who = getattr(connection.state, "grant", None) or stranger(scope)
    connection.app.state.context.audit.note(
        who, "request.refuse", object=path, detail={"status": status, **detail}, outcome="refused"
    )


def install(app: FastAPI) -> None:
    """Every error of ``app`` becomes a problem document."""
    said_at, unsaid = float("-inf"), 0

    async def on_problem(request: Request, err: Problem) -> Response:
        wrong = err.word == "wrong-password"  # as a wrong login, noted where it is known whose
        if (err.status == 403 and not wrong) or err.word == "unauthenticated":
            _note(request, err.status, type=err.word)
        elif err.status == 404 and (grant := getattr(request.state, "grant", None)) is not None:
            await grant.note_beyond(request.path_params)
        return document(request.url.path, err)

    async def on_http(request: Request, err: HTTPException) -> Response:
        status = HTTPStatus(err.status_code)
        word = _WORDS.get(status.value) or status.phrase.lower().replace(" ", "-")
        return document(request.url.path, Problem(status.value, word, str(err.detail), headers=err.headers))

    async def on_invalid(request: Request, err: RequestValidationError) -> Response:
        errors = [
            {"at": ".".join(str(part) for part in one["loc"]), "message": "; ".join(lines_of(one["msg"]))}
            for one in err.errors()[:20]
        ]
        detail = "; ".join(f"{one['at']}: {one['message']}" for one in errors[:3])
        if (camera := request.path_params.get("camera")) is not None:
            detail = f"camera '{camera}': {detail}"
        return document(request.url.path, Problem(422, "invalid", detail, errors=errors))

    async def on_database(request: Request | WebSocket, err: Exception) -> Response | None:
        nonlocal said_at, unsaid
        now = request.app.state.context.clock.monotonic()
        if now - said_at >= QUIET_S:
            log.error("database.failed path=%s error=%s before=%d", request.url.path, first_line(err), unsaid)
            said_at, unsaid = now, 0
        else:
            unsaid += 1
        away = Problem(503, "database-unavailable", "the database does not answer", headers={"Retry-After": RETRY_S})
        if isinstance(request, WebSocket):
            await _close(request, TRY_AGAIN, away.detail)
            return None
        return document(request.url.path, away)

    async def on_crowded(request: Request, err: Exception) -> Response:
        return document(request.url.path, Problem(503, "busy", str(err), headers={"Retry-After": RETRY_S}))

    async def on_bus(request: Request, err: Exception) -> Response:
        return document(request.url.path, Problem(503, "bus-unavailable", str(err), headers={"Retry-After": RETRY_S}))

    async def on_refused(socket: WebSocket, err: SocketRefused) -> None:
        if err.code != UNKNOWN:  # noted where it is known whether it is another site's
            _note(socket, err.code)
        await _close(socket, err.code, err.reason)

    async def on_wrong(socket: WebSocket, err: WebSocketRequestValidationError) -> None:
        first = err.errors()[0]
        await _close(socket, INVALID, f"'{first['loc'][-1]}': {first['msg']}")

    async def on_bug(request: Request, _err: Exception) -> Response:
        return document(request.url.path, Problem(500, "internal", "an error of the service; its log has more"))

    handlers: list[tuple[type[Exception], Any]] = [
        (Problem, on_problem),
        (HTTPException, on_http),
        (RequestValidationError, on_invalid),
        (BusError, on_bus),
        (Crowded, on_crowded),
        (SocketRefused, on_refused),
        (WebSocketRequestValidationError, on_wrong),
        (Exception, on_bug),
        *((kind, on_database) for kind in ANY),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
