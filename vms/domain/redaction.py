"""The one place that takes secrets out of text: credentials in URLs, whatever the scheme."""

from __future__ import annotations

import re

# Greedy up to the last '@' before the next '/' or blank: passwords may hold '@', ':' and quotes.
_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s]*@")
_QUERY_SECRET = re.compile(r"(?i)([?&](?:password|passwd|pwd|token|secret|key)=)[^&\s'\"]*")


def redact(text: str) -> str:
    """``text`` with the user-info of every URL, and secret query values, replaced by ``***``."""
    return _QUERY_SECRET.sub(r"\1***", _USERINFO.sub(r"\g<scheme>***@", text))
