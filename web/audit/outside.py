"""The ways out for day roots: a folder, a syslog server, a mail server. What goes out, and when, is ``roots``.

A root is done when its receiver has taken it: a file when it and its name are on the disk, a mail when the server has
accepted it, a line by TCP when the server has closed after it, or has not refused it for a while. By UDP nobody says
so: it is done when it was sent and the network did not refuse it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from vms.domain.addresses import is_this_host
from vms.domain.clock import rfc3339
from vms.domain.errors import ConfigurationError
from vms.settings.secrets import secret

#: A receiver answers within this (seconds).
PATIENCE_S = 10.0
#: A network that refuses a datagram says so within this (seconds).
REFUSAL_S = 0.5
#: A server that took the line closes within this, or does not close at all (seconds).
CLOSING_S = 2.0
#: RFC 5424, 6.2.1: facility 13 (log audit), severity 5 (notice).
PRIORITY = 13 * 8 + 5


@dataclass(frozen=True, slots=True)
class Document:
    """A root as it goes out: ``body`` is JSON in ASCII, one line; ``name`` a file name that no other root has."""

    name: str
    body: bytes
    at: datetime


class Channel(Protocol):
    """One way out; ``name`` is ``drop``, ``syslog`` or ``mail``."""

    @property
    def name(self) -> str:
        """Which it is."""
        ...

    async def send(self, root: Document) -> None:
        """Returns once it is done; ``OSError`` when it is not."""
        ...


@dataclass(frozen=True, slots=True)
class Drop:
    """Files in a folder, each whole or not there; the folder is not made: that would hide a disk that is away."""

    folder: Path
    name: str = "drop"

    async def send(self, root: Document) -> None:
        """A file that is there is left as it is: its name tells what is in it."""
        await asyncio.to_thread(self._put, root)

    def _put(self, root: Document) -> None:
        if not self.folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, "the folder is not there", str(self.folder))
        target = self.folder / root.name
        if target.exists() and target.read_bytes() == root.body:
            return
        temporary = self.folder / f".{root.name}.tmp"
        with temporary.open("wb") as file:
            file.write(root.body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        opened = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


class _Refusals(asyncio.DatagramProtocol):
    """Hears that a datagram was refused."""

    def __init__(self) -> None:
        self.refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def error_received(self, exc: Exception) -> None:
        if not self.refused.done():
            self.refused.set_exception(exc)


@dataclass(frozen=True, slots=True)
class Syslog:
    """RFC 5424 by UDP (RFC 5426), or by TCP with the length before it (RFC 6587, 3.4.1)."""

    scheme: str
    host: str
    port: int
    name: str = "syslog"

    async def send(self, root: Document) -> None:
        """``OSError`` also where nobody answers in time."""
        head = f"<{PRIORITY}>1 {rfc3339(root.at)} {socket.gethostname() or '-'} vms {os.getpid()} audit.root - "
        line = head.encode("ascii", "replace") + root.body.rstrip()
        async with asyncio.timeout(PATIENCE_S):
            await (self._datagram(line) if self.scheme == "udp" else self._stream(line))

    async def _datagram(self, line: bytes) -> None:
        loop = asyncio.get_running_loop()
        transport, heard = await loop.create_datagram_endpoint(_Refusals, remote_addr=(self.host, self.port))
        try:
            transport.sendto(line)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFUSAL_S):
                    await heard.refused
        finally:
            transport.close()

    async def _stream(self, line: bytes) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(b"%d %s" % (len(line), line))
            await writer.drain()
            writer.write_eof()
            with contextlib.suppress(TimeoutError):  # there are servers that do not close
                async with asyncio.timeout(CLOSING_S):
                    await reader.read()  # one that is gone resets
        finally:
            writer.close()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail with the root in its text and as a file. A password goes over TLS alone, or to this very host."""

    to: tuple[str, ...]
    sender: str
    secure: bool  # TLS from the beginning
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = "mail"

    async def send(self, root: Document) -> None:
        """``smtplib``'s errors are ``OSError``s."""
        await asyncio.to_thread(self._deliver, root)

    def _deliver(self, root: Document) -> None:
        message = EmailMessage()
        message["Subject"] = f"VMS audit: {root.name.removesuffix('.json')}"
        message["From"], message["To"] = self.sender, ", ".join(self.to)
        message["Date"] = root.at
        message.set_content(
            "The head of the audit log's chain at the end of a day. Keep this mail: vms audit verify --roots FOLDER\n"
            "compares the log with the attached file.\n\n" + root.body.decode("ascii")
        )
        message.add_attachment(root.body, maintype="application", subtype="json", filename=root.name)
        tls = ssl.create_default_context()
        if self.secure:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE_S, context=tls)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE_S)
        with server:
            server.ehlo()
            if not self.secure and server.has_extn("starttls"):
                server.starttls(context=tls)
                server.ehlo()
            elif not self.secure and self.user and not is_this_host(self.host):
                raise smtplib.SMTPNotSupportedError("the server offers no TLS: the password is not sent in the clear")
            if self.user:
                server.login(self.user, self.password)
            if refused := server.send_message(message):
                raise smtplib.SMTPRecipientsRefused(refused)


def channels(env: Mapping[str, str]) -> tuple[Channel, ...]:
    """Those that the environment names; ``ConfigurationError`` for one that cannot be meant."""
    made: list[Channel] = []
    if drop := env.get("VMS_AUDIT_DROP"):
        if not Path(drop).is_absolute():
            raise ConfigurationError(f"VMS_AUDIT_DROP={drop} is no absolute path of a folder")
        made.append(Drop(Path(drop)))
    if url := env.get("VMS_AUDIT_SYSLOG"):
        parts, port = _parse("VMS_AUDIT_SYSLOG", url, {"udp": 514, "tcp": 601}, "udp://host:514")
        made.append(Syslog(parts.scheme, parts.hostname or "", port))
    if to := env.get("VMS_AUDIT_MAIL_TO"):
        made.append(_mail(to, env))
    return tuple(made)


def _mail(to: str, env: Mapping[str, str]) -> Mail:
    example = "smtp://user:password@host:587"
    if not (url := secret(env, "VMS_SMTP_URL")):
        raise ConfigurationError(f"VMS_AUDIT_MAIL_TO needs VMS_SMTP_URL, or VMS_SMTP_URL_FILE: {example}")
    parts, port = _parse("VMS_SMTP_URL", url, {"smtp": 587, "smtps": 465}, example)
    recipients = tuple(one.strip() for one in to.split(",") if one.strip())
    sender = env.get("VMS_AUDIT_MAIL_FROM") or f"vms@{socket.gethostname()}"
    for name, one in (*(("VMS_AUDIT_MAIL_TO", one) for one in recipients), ("VMS_AUDIT_MAIL_FROM", sender)):
        if one.count("@") != 1 or not one.isascii() or any(c.isspace() or c in ",;<>" or c < " " for c in one):
            raise ConfigurationError(f"{name}: '{one[:64]!r}' is no address")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():  # a login is in ASCII
        raise ConfigurationError(
            "VMS_SMTP_URL: a mail server's user and password are in ASCII; give the account others"
        )
    return Mail(recipients, sender, parts.scheme == "smtps", parts.hostname or "", port, user, password)


def _parse(name: str, url: str, ports: Mapping[str, int], example: str) -> tuple[SplitResult, int]:
    """The value itself is not told: it may hold a password."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or ports.get(parts.scheme, 0)
        (parts.hostname or "").encode("idna")  # as it is looked up: a part too long, or none
    except ValueError:
        parts, port = urlsplit(""), 0
    if not port or parts.scheme not in ports or not parts.hostname:
        raise ConfigurationError(f"{name} is no address of a server; example: {example}")
    return parts, port
