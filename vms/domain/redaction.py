"""The one place that takes secrets out of text: credentials in URLs, whatever the scheme."""

from __future__ import annotations

import re

# Greedy up to the last '@' before the next '/' or blank: passwords may hold '@', ':' and quotes.
_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,30}://)[^/\s]*@")
# Some cameras want the login in the path: /user=admin_password=…_channel=1. A variable's name ends in _KEY, too.
_QUERY_SECRET = re.compile(
    r"(?i)([?&;/](?:password|passwd|pwd|token|secret|key)=|_(?:password|passwd|pwd)=)([^&\s'\"]*)"
)
_LONGEST_LINE = 600


def redact(text: str) -> str:
    """``text`` with the user-info of every URL, and secret query values, replaced by ``***``."""
    return _QUERY_SECRET.sub(r"\1***", _USERINFO.sub(r"\g<scheme>***@", text))


def escaped(text: str) -> str:
    """``text`` in characters that are seen: ends of lines, marks of direction, a terminal's controls as ``\\x1b``."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def query_secrets(text: str) -> list[str]:
    """The values that ``redact`` takes out of queries, and of paths that are written like one."""
    return [value for _, value in _QUERY_SECRET.findall(text)]


def one_line(text: str) -> str:
    """``text``, redacted, as one line of bounded length: what it quotes may hold anything."""
    line = escaped(redact(text))
    return line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " …"
