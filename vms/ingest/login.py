"""Basic and Digest, as cameras ask for them. Sources: RFC 2617, RFC 7616 (SHA-256), RFC 7617."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from vms.domain.errors import IngestError

#: What a camera may ask for, in its own order of preference.
_HASHES = {"md5": "md5", "sha-256": "sha256"}


class Login:
    """One connection's credentials; answers the latest challenge."""

    def __init__(self, user: str | None, password: str | None) -> None:
        self._user = user
        self._password = password or ""
        self._basic = False
        self._digest: dict[str, str] | None = None
        self._uses = 0

    def challenged(self, challenges: list[str]) -> bool:
        """Takes up a 401's ``WWW-Authenticate``; False when there is nothing to answer it with.

        Raises ``IngestError`` where the camera wants what is not known here.
        """
        if self._user is None:
            return False
        offers = [_fields(c[6:]) for c in challenges if c.lower().startswith("digest")]
        self._digest = next((f for f in offers if f.get("algorithm", "md5").lower() in _HASHES), None)
        self._uses = 0
        self._basic = self._digest is None
        if self._basic and offers and not any(c.lower().startswith("basic") for c in challenges):
            raise IngestError("unauthorized", f"digest algorithm {offers[0]['algorithm']} is not supported")
        return True

    def header(self, method: str, uri: str) -> str | None:
        """The value of ``Authorization`` for a request; None before the first challenge."""
        if self._basic:
            return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        fields = self._digest
        if fields is None:
            return None
        algorithm = fields.get("algorithm")
        realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
        one = _hash(algorithm, f"{self._user}:{realm}:{self._password}")
        two = _hash(algorithm, f"{method}:{uri}")
        answer = f'Digest username="{self._user}", realm="{realm}", nonce="{nonce}", uri="{uri}"'
        if algorithm is not None:
            answer += f", algorithm={algorithm}"
        if "auth" in [word.strip() for word in fields.get("qop", "").split(",")]:
            self._uses += 1
            count, cnonce = f"{self._uses:08x}", secrets.token_hex(8)
            response = _hash(algorithm, f"{one}:{nonce}:{count}:{cnonce}:auth:{two}")
            answer += f', qop=auth, nc={count}, cnonce="{cnonce}"'
        else:
            response = _hash(algorithm, f"{one}:{nonce}:{two}")
        if "opaque" in fields:
            answer += f', opaque="{fields["opaque"]}"'
        return f'{answer}, response="{response}"'


def _fields(challenge: str) -> dict[str, str]:
    """``name=value`` and ``name="value"``; a quoted value may hold commas."""
    return {k.lower(): quoted or bare for k, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge)}


def _hash(algorithm: str | None, text: str) -> str:
    # MD5 is what the standard's Digest asks for, and most cameras.
    return hashlib.new(_HASHES[(algorithm or "md5").lower()], text.encode(), usedforsecurity=False).hexdigest()
