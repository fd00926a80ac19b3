"""Secrets looked for in whatever form they may have got out: as they are, encoded, hashed for a login, cut short."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

#: A piece of a password this long (in UTF-8) is not in a file by chance.
LEAST_BYTES = 6


@dataclass(frozen=True)
class Secret:
    """A camera's login; ``realms`` are those that it is hashed for (Digest)."""

    user: str
    password: str
    realms: tuple[str, ...] = ()
    forms: frozenset[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "forms", frozenset(self._made()))

    def _made(self) -> Iterator[bytes]:
        # In pieces too: what was cut, or encoded in part, has still leaked.
        pieces = [one for one in re.findall(r"\w+", self.password) if len(one.encode()) >= LEAST_BYTES]
        assert pieces, "a password without a piece that is nobody else's is not found when it is cut"
        for text in (self.password, *pieces):
            yield text.encode()
            yield from (text.encode(code) for code in ("utf-16-le", "utf-16-be"))
            for encoded in (quote(text), quote(text, safe=""), quote_plus(text)):
                yield encoded.encode()
                yield re.sub(r"%..", lambda match: match[0].lower(), encoded).encode()
            yield json.dumps(text)[1:-1].encode()
            yield json.dumps(text, ensure_ascii=False)[1:-1].encode()
            yield ascii(text)[1:-1].encode()
            yield repr(text.encode())[2:-1].encode()
        login = f"{self.user}:{self.password}".encode()
        for data in (login, self.password.encode()):
            yield base64.b64encode(data).rstrip(b"=")
            yield base64.urlsafe_b64encode(data).rstrip(b"=")
            yield from (hashlib.new(name, data).hexdigest().encode() for name in ("md5", "sha1", "sha256"))
        for realm in self.realms:  # what Digest needs instead of the password (RFC 7616, A1)
            text = f"{self.user}:{realm}:{self.password}".encode()
            yield from (hashlib.new(name, text).hexdigest().encode() for name in ("md5", "sha256"))


def leaks(data: bytes, secrets: Iterable[Secret]) -> list[str]:
    """Which passwords stand in ``data``, and in which form."""
    return [f"{one.password} as {form!r}" for one in secrets for form in one.forms if form in data]


def leaks_in_files(root: Path, secrets: Iterable[Secret]) -> dict[str, list[str]]:
    """The same for every file beneath ``root``, by path relative to it; names of files and folders count too."""
    wanted = list(secrets)
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        data = name.encode() + (path.read_bytes() if path.is_file() and not path.is_symlink() else b"")
        if told := leaks(data, wanted):
            found[name] = told
    return found
