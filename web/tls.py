"""HTTPS by configuration: the files that ``VMS_TLS_CERT`` and ``VMS_TLS_KEY`` name, and what replaces them.

A pair is tried in memory, as a browser would find it, before it is served. Not here: what is served, and who may.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.types import Scope

from vms.domain.clock import Clock, from_epoch
from vms.domain.errors import ConfigurationError

log = logging.getLogger(__name__)

CERTIFICATE, KEY = "VMS_TLS_CERT", "VMS_TLS_KEY"
#: A browser that was here once asks by HTTPS alone for so long (seconds).
HSTS = f"max-age={365 * 86400}"
#: Renewed files are taken so much later at most.
LOOK_S = 5.0
#: It is said so long before a certificate ends, and then each day.
NEAR_END = timedelta(days=14)
#: OpenSSL's numbers (X509_V_ERR_…): not yet valid, expired.
_OUT_OF_TIME = {9: "is not valid yet: check the host's clock", 10: "has expired: renew it"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two PEM files; the certificate's has the chain that leads to its authority behind it."""

    certificate: Path
    key: Path

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Pair | None:
        """The files that ``env`` names; None: HTTPS is somebody else's. Raises ``ConfigurationError``."""
        certificate, key = env.get(CERTIFICATE), env.get(KEY)
        if not certificate and not key:
            return None
        if not certificate or not key:
            lacking, there = (KEY, CERTIFICATE) if certificate else (CERTIFICATE, KEY)
            raise ConfigurationError(f"{there} is set and {lacking} is not: HTTPS needs both; set it too, or neither")
        return cls(Path(certificate), Path(key))

    def stamp(self) -> tuple[tuple[int, int, int], ...]:
        """Changes when a file does; raises ``OSError``."""
        stats = [path.stat() for path in (self.certificate, self.key)]
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in stats)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a pair is worth: ``ends`` when a browser would take it now, else why not."""

    ends: datetime | None
    problem: str = ""


def load(pair: Pair, context: ssl.SSLContext) -> None:
    """Puts the pair into ``context``; raises ``ConfigurationError`` with a line that names the file and the remedy."""
    for variable, path in ((CERTIFICATE, pair.certificate), (KEY, pair.key)):
        try:
            with path.open("rb"):
                pass
        except OSError as err:
            raise ConfigurationError(f"{variable}={path} cannot be read: {err.strerror}; correct it") from err
    asked = False

    def no_password() -> bytes:
        nonlocal asked
        asked = True
        return b""

    try:
        context.load_cert_chain(pair.certificate, pair.key, no_password)
    except (ssl.SSLError, OSError, ValueError) as err:
        certificate, key = f"{CERTIFICATE}={pair.certificate}", f"{KEY}={pair.key}"
        wrong = f"{certificate} and {key} are no certificate and key in PEM; correct them"
        if asked:
            wrong = f"{key} is encrypted; store it without a password, readable by the service alone"
        elif getattr(err, "reason", None) == "KEY_VALUES_MISMATCH":
            wrong = f"{key} is not the key of {certificate}; name two that belong together"
        raise ConfigurationError(wrong) from err


def attempt(pair: Pair) -> Tried:
    """Shakes hands with ourselves; raises ``ConfigurationError`` when the pair cannot be served at all."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(pair, serving)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.load_verify_locations(pair.certificate)
    asking.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # whom browsers trust is not ours to say
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = asking.wrap_bio(back, there), serving.wrap_bio(there, back, server_side=True)
    try:
        for _ in range(4):
            for side in (client, server):
                with contextlib.suppress(ssl.SSLWantReadError):
                    side.do_handshake()
    except ssl.SSLCertVerificationError as err:
        said = _OUT_OF_TIME.get(err.verify_code, f"is refused by browsers: {err.verify_message}")
        return Tried(None, f"{CERTIFICATE}={pair.certificate} {said}")
    except ssl.SSLError as err:
        return Tried(None, f"{CERTIFICATE}={pair.certificate} is refused by browsers: {err.reason}")
    found = client.getpeercert() or {}
    return Tried(datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found.get("notAfter"))), UTC))


class Certificate:
    """What is served. ``context`` stays; what is in it is renewed by ``run``."""

    def __init__(self, pair: Pair, clock: Clock) -> None:
        """Raises ``ConfigurationError``; one that is out of time is served all the same, and said."""
        self._pair = pair
        self._clock = clock
        self._unread = ""
        self._warned_on: object = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tried = attempt(pair)
        self._stamp = pair.stamp()
        load(pair, self.context)
        self._tell()

    async def run(self) -> None:
        """For ever: takes renewed files, without a restart and without ending a connection."""
        while True:
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Takes the files when they have changed. What cannot be served is not taken: the one before stays."""
        try:
            stamp = self._pair.stamp()
            if stamp != self._stamp:
                tried = attempt(self._pair)
                load(self._pair, self.context)
                self._tried, self._stamp, self._unread, self._warned_on = tried, stamp, "", None
                log.info("tls.renewed until=%s", tried.ends)
        except (OSError, ValueError, ConfigurationError) as err:
            if str(err) != self._unread:  # once: the second file is on its way, or the first one wrong
                log.error("tls.kept error=%s", err)
            self._unread = str(err)
        self._tell()

    def _tell(self) -> None:
        now = from_epoch(self._clock.utc())
        if self._warned_on == now.date():
            return
        if self._tried.ends is None:
            log.error("tls.unusable error=%s", self._tried.problem)
        elif self._tried.ends - now < NEAR_END:
            log.warning("tls.ending certificate=%s until=%s", self._pair.certificate, self._tried.ends)
        self._warned_on = now.date()


def is_secure(scope: Scope) -> bool:
    """Whether the browser speaks HTTPS: to us, or to a proxy that is believed and says so in the scope's scheme."""
    return scope.get("scheme") in ("https", "wss")
