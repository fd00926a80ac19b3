"""Where a download may be led: from https to https alone, from a mirror's plain http to either, nowhere else."""

from __future__ import annotations

import urllib.request
from http.client import HTTPMessage
from typing import IO
from urllib.parse import urlsplit

from detectors.fetching.errors import FetchError


def allowed(url: str, to: str) -> bool:
    """Whether what was asked of ``url`` may be got from ``to`` instead."""
    return urlsplit(to).scheme in (("https",) if urlsplit(url).scheme == "https" else ("http", "https"))


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        # The parent drops no header of ours: a range is asked for at the new place too.
        if not allowed(req.full_url, newurl):
            raise FetchError(f"{req.full_url} leads to {newurl}, which is not https: name a mirror with --from")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def opener() -> urllib.request.OpenerDirector:
    """http and https, with the environment's proxies. Made anew each time: they are read when it is made.

    ``build_opener`` would add ``file:``, ``ftp:`` and ``data:``, which no server should be able to name.
    """
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
    ):
        director.add_handler(handler)
    return director
