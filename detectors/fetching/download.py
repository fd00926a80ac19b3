"""One file over HTTP: in pieces, within bounds, taken up again where it broke off. Knows nothing of models.

Proxies are those of the environment (``https_proxy``, ``http_proxy``, ``no_proxy``). Certificates are checked as the
host does it. What is not checked here is what came: that is its digest's work.
"""

from __future__ import annotations

import errno
import http.client
import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError

from detectors.fetching.errors import FetchError
from detectors.fetching.redirects import opener
from vms import __version__
from vms.domain.clock import Clock

CHUNK = 64 * 1024
#: ``tell(done, total)`` in bytes; the total is None where the server does not say it.
Tell = Callable[[int, int | None], None]


class _Broken(Exception):
    """The connection broke or stood still: worth another try."""


class _Beyond(Exception):
    """The server has nothing after what is kept; ``size`` is what it has, where it says that."""

    def __init__(self, size: int | None) -> None:
        super().__init__(size)
        self.size = size


@dataclass(frozen=True, slots=True)
class Bounds:
    """``most`` bytes in all. A read may take ``stall_s``, and a window of ``window_s`` must bring ``least`` bytes.

    A connection that breaks is made again, ``tries`` in all, ``pause_s`` apart.
    """

    most: int
    stall_s: float = 20.0
    window_s: float = 30.0
    least: int = 30 * 1024
    tries: int = 4
    pause_s: float = 1.0


def download(url: str, into: Path, bounds: Bounds, clock: Clock, pause: Callable[[float], None], tell: Tell) -> None:
    """Brings ``url`` into the file ``into``, going on where that file ends.

    Raises ``FetchError``. ``into`` then keeps what came, for the next time, unless it is of no use (too large) or in
    the way (the disk is full).
    """
    for left in reversed(range(bounds.tries)):
        try:
            with into.open("ab") as file:
                _once(url, file, bounds, clock, tell)
                file.flush()
                os.fsync(file.fileno())
            return
        except _Broken as err:
            if not left:
                kept = into.stat().st_size
                raise FetchError(f"{url}: {err}; {kept} bytes are kept: run it again to go on from there") from err
        except _TooLarge as err:
            into.unlink()
            raise FetchError(str(err)) from err
        except OSError as err:
            if err.errno in (errno.ENOSPC, errno.EDQUOT):
                into.unlink(missing_ok=True)  # who records on this disk needs the room more
                raise FetchError(f"no room in {into.parent}: make some, or name another folder with --to") from err
            raise FetchError(f"{into} cannot be written: {err.strerror or err}") from err
        pause(bounds.pause_s)
    raise AssertionError("unreachable: the last try returns or raises")


class _TooLarge(Exception):
    """More than any model may have."""


def _once(url: str, file: BinaryIO, bounds: Bounds, clock: Clock, tell: Tell) -> None:
    """One connection; what it brings is appended. Raises ``OSError`` for the file's troubles alone."""
    have = file.seek(0, os.SEEK_END)
    try:
        response = _open(url, have, bounds.stall_s)
    except _Beyond as err:
        if err.size == have:
            return  # all of it came before, and only the end of that run is missing
        file.truncate(0)
        raise _Broken("the server's file is shorter than what was kept of it") from err
    with response:
        if not _goes_on(response, have):
            file.truncate(0)
            have = file.seek(0)
        total = None if response.length is None else have + response.length
        if total is not None and total > bounds.most:
            raise _TooLarge(f"{url} holds {total} bytes, more than the {bounds.most} that it may have")
        began, mark = clock.monotonic(), have
        while chunk := _piece(response):
            have += len(chunk)
            if have > bounds.most:
                raise _TooLarge(f"{url} holds more than the {bounds.most} bytes that it may have")
            file.write(chunk)
            tell(have, total)
            if (now := clock.monotonic()) - began >= bounds.window_s:
                if have - mark < bounds.least:
                    raise _Broken(f"only {have - mark} bytes came in {now - began:.0f} s")
                began, mark = now, have
    if total is not None and have < total:
        raise _Broken(f"it broke off after {have} of {total} bytes")


def _piece(response: http.client.HTTPResponse) -> bytes:
    """What has come, at least one byte; empty at the end. One read of the socket: a trickle is seen as one."""
    try:
        return response.read1(CHUNK)
    except (OSError, http.client.HTTPException) as err:
        raise _Broken(_reason(err)) from err


def _goes_on(response: http.client.HTTPResponse, have: int) -> bool:
    """Whether the answer begins where the kept part ends; a server may send the whole instead."""
    if response.status != http.client.PARTIAL_CONTENT:
        return have == 0
    return (response.getheader("Content-Range") or "").startswith(f"bytes {have}-")


def _open(url: str, have: int, timeout: float) -> http.client.HTTPResponse:
    headers = {"User-Agent": f"vms/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        answer = opener().open(urllib.request.Request(url, headers=headers), timeout=timeout)  # noqa: S310 - http(s) only
    except HTTPError as err:
        with err:
            if err.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                size = (err.headers.get("Content-Range") or "").removeprefix("bytes */")
                raise _Beyond(int(size) if size.isdecimal() else None) from err
            if err.code >= http.client.INTERNAL_SERVER_ERROR or err.code == http.client.TOO_MANY_REQUESTS:
                raise _Broken(f"the server answers {err.code} {err.reason}") from err
            raise FetchError(f"{url}: the server answers {err.code} {err.reason}") from err
    except URLError as err:
        raise FetchError(f"{url} is not reached ({_reason(err.reason)}): {_ELSEWHERE}") from err
    except (ValueError, http.client.InvalidURL) as err:
        raise FetchError(f"{url} is no address: {err}") from err
    except (OSError, http.client.HTTPException) as err:  # it was reached, and said nothing that makes sense
        raise _Broken(_reason(err)) from err
    assert isinstance(answer, http.client.HTTPResponse)  # noqa: S101 - the opener knows http and https alone
    return answer


_ELSEWHERE = "set https_proxy where a proxy leads out, or name a mirror with --from"


def _reason(err: object) -> str:
    if isinstance(err, TimeoutError):
        return "it stands still"
    if isinstance(err, OSError) and err.strerror:
        return err.strerror
    return str(err) or type(err).__name__
