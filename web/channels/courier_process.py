"""The process that sends: ``python -m web.channels.courier_process``. A job is a line of JSON in, an answer one out.

Only here are apprise and pywebpush loaded: what hangs in them, or dies of what another side says, is this process
alone. It has no secret but those of the job that it is at, ends with its input, and dies with who started it. What it
answers is raw: ``web.channels.couriers`` takes out what nobody may read.
"""

from __future__ import annotations

import base64
import ctypes
import json
import logging
import os
import resource
import signal
import sys
from http import HTTPStatus
from typing import Any

#: Its first line: what comes from here on is the matter of who is served.
READY = b"{}\n"
#: Address space (bytes): libraries, a picture, and what another side answers.
SPACE = 1 << 30
#: Seconds that one read may take; who serves a job kills it after ``couriers.JOB_S``, whatever it does.
CONNECT_S, READ_S = 8.0, 15.0
#: Characters of an answer on its way to where it is cut.
_MOST = 4000
_PR_SET_PDEATHSIG = 1


class _Heard(logging.Handler):
    """What apprise and the HTTP client beneath it say while a message is sent."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.status: int | None = None
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps what was refused, or why there is no answer."""
        if record.name == "urllib3.connectionpool":
            arguments = record.args if isinstance(record.args, tuple) else ()
            if len(arguments) == 8 and isinstance(arguments[6], int):
                self.status = arguments[6]
            return
        text = record.getMessage()
        if record.levelno >= logging.WARNING or text.startswith(("Socket Exception", "I/O Exception")):
            self.lines.append(text)
        elif text.startswith("Response Details"):
            self.lines.append(_unquoted(text.removeprefix("Response Details:").strip()))

    def told(self, *, good: bool) -> str:
        """One text; of what went well only what the other side said."""
        status = [] if self.status is None else [f"{self.status} {_phrase(self.status)}".strip()]
        return " · ".join([*status, *([] if good else self.lines)])[:_MOST]


def main() -> None:
    """Serves until the input ends."""
    # KILL: what is being sent by a process whose parent is dead is sent again by the next one.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (SPACE if most == resource.RLIM_INFINITY else min(SPACE, most), most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    _load()
    answers.write(READY)
    for line in sys.stdin.buffer:
        try:
            answer = _done(json.loads(line))
        except Exception as err:  # noqa: BLE001  # whatever a plugin raises, the next job is another
            answer = {"outcome": "failed", "text": f"{type(err).__name__}: {err}"[:_MOST]}
        answers.write(json.dumps(answer).encode("ascii") + b"\n")


def _load() -> None:
    import apprise  # noqa: F401
    import pywebpush  # noqa: F401
    from apprise.url import URLBase

    URLBase.socket_connect_timeout, URLBase.socket_read_timeout = CONNECT_S, READ_S


def _done(job: dict[str, Any]) -> dict[str, str]:
    if job["kind"] == "webpush":
        return _push(job)
    return _check(job["url"]) if job["kind"] == "check" else _notify(job)


def _service(url: str) -> Any:
    """As apprise takes it apart; None: it does not."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="VMS", app_desc="VMS", app_url="", image_url_mask="", image_url_logo="",
        async_mode=False, http_redirects=False, interpret_escapes=False, interpret_emojis=False,
        allow_templates=False, service_timeout=0, storage_mode="memory",
    )  # fmt: skip
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def _check(url: str) -> dict[str, str]:
    return {"outcome": "failed" if _service(url) is None else "sent", "text": ""}


def _notify(job: dict[str, Any]) -> dict[str, str]:
    import apprise
    from apprise.attachment.memory import AttachMemory

    service = _service(job["url"])
    if service is None:
        return {"outcome": "failed", "text": "the gateway does not take this address"}
    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    picture = None
    if job["picture"] is not None and service.attachment_support:
        raw = base64.b64decode(job["picture"])
        picture = AttachMemory(content=raw, name="alert.jpg", mimetype="image/jpeg")  # type: ignore[no-untyped-call]
    with _listening() as heard:
        good = sender.notify(
            title=job["title"], body=job["body"], body_format=apprise.NotifyFormat.TEXT, attach=picture,
            notify_type=apprise.NotifyType.WARNING if job["urgent"] else apprise.NotifyType.INFO,
        )  # fmt: skip
    told = heard.told(good=bool(good))
    return {
        "outcome": "sent" if good else "failed",
        "text": told or ("accepted" if good else "refused, without a word"),
    }


def _push(job: dict[str, Any]) -> dict[str, str]:
    import requests
    from pywebpush import WebPushException, webpush

    class NotElsewhere(requests.Session):
        """A push service that sends this host on to another place is not followed."""

        def request(self, *args: Any, **kwargs: Any) -> requests.Response:
            return super().request(*args, **(kwargs | {"allow_redirects": False}))

    try:
        with NotElsewhere() as session:
            answer = webpush(
                {"endpoint": job["endpoint"], "keys": {"p256dh": job["p256dh"], "auth": job["auth"]}},
                data=job["payload"], vapid_private_key=job["private"], vapid_claims={"sub": job["contact"]},
                ttl=job["ttl"], headers={"Urgency": job["urgency"], "Topic": job["topic"]},
                timeout=READ_S, requests_session=session,
            )  # fmt: skip
    except WebPushException as err:
        answer = err.response
        if answer is None:
            raise
    except requests.RequestException as err:
        return {"outcome": "failed", "text": f"{type(err).__name__}: {err}"[:_MOST]}
    code = answer.status_code
    told = f"{code} {_phrase(code)}"
    if code in (200, 201, 202, 204):
        return {"outcome": "sent", "text": told}
    return {"outcome": "gone" if code in (404, 410) else "failed", "text": f"{told} {answer.text}".strip()[:_MOST]}


class _listening:
    """Has what is said while it lasts."""

    _NAMES = ("apprise", "urllib3.connectionpool")

    def __enter__(self) -> _Heard:
        self._heard = _Heard()
        for name in self._NAMES:
            logger = logging.getLogger(name)
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
            logger.addHandler(self._heard)
        return self._heard

    def __exit__(self, *_: object) -> None:
        for name in self._NAMES:
            logging.getLogger(name).removeHandler(self._heard)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _unquoted(text: str) -> str:
    """What apprise quotes as bytes, as text."""
    import ast

    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


if __name__ == "__main__":
    main()
