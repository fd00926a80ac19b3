"""A real SMTP server on this host: in the clear or with STARTTLS, with a login or without."""

from __future__ import annotations

import contextlib
import email.policy
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port
from tests.support.waiting import wait_until


@dataclass
class SmtpOffice:
    """Keeps what was delivered. ``refused``: recipients it has no mailbox for."""

    port: int = 0
    login: tuple[str, str] | None = None
    refused: set[str] = field(default_factory=set)
    letters: list[EmailMessage] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)  # of each letter, whether it came over TLS

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return f"550 5.1.1 <{address}> no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = cast("bytes", envelope.content)
        self.letters.append(cast("EmailMessage", BytesParser(policy=email.policy.default).parsebytes(raw)))
        self.secured.append(session.ssl is not None)
        return "250 queued"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and self.login is not None
        if good and (data.login.decode(), data.password.decode()) == self.login:
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)

    def wait(self, count: int = 1) -> list[EmailMessage]:
        wait_until(lambda: len(self.letters) >= count, 20, f"{count} letters came")
        return self.letters


@contextlib.contextmanager
def smtp_office(
    login: tuple[str, str] | None = None, certificate: ssl.SSLContext | None = None
) -> Iterator[SmtpOffice]:
    """Listens at 127.0.0.1 until the block ends; with ``certificate`` it offers STARTTLS and demands it."""
    office = SmtpOffice(free_port(), login)
    more: dict[str, Any] = {}
    if login is not None:
        more = {
            "authenticator": office.authenticate,
            "auth_required": True,
            "auth_require_tls": certificate is not None,
        }
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        tls_context=certificate,
        require_starttls=certificate is not None,
        **more,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
