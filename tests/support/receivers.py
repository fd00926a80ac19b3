"""Where day roots are sent to, as real servers on this host: syslog by UDP and TCP, and a mail server (RFC 5321)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._taken.append(data)


@contextlib.asynccontextmanager
async def syslog_udp() -> AsyncIterator[tuple[int, list[bytes]]]:
    """Port, and the datagrams that came."""
    taken: list[bytes] = []
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(taken), local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1], taken
    transport.close()


@contextlib.asynccontextmanager
async def syslog_tcp(*, closes: bool = True) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Port, and what each connection brought; one that does not close leaves the sender to itself."""
    taken: list[bytes] = []
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(await reader.read())
        if not closes:
            await ended.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], taken
    ended.set()
    server.close()


@dataclass
class Letters:
    """What a mail server took: ``(recipients, message)`` each, and the logins that it saw."""

    port: int = 0
    taken: list[tuple[list[str], bytes]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    clear: list[str] = field(default_factory=list)  # the words that came before the line was encrypted
    refusing: bool = False  # says 451 to each message


@contextlib.asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> AsyncIterator[Letters]:
    """Takes mail from anybody, with a login or without; with ``tls`` after STARTTLS, or ``at_once``."""
    letters = Letters()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # who does not trust us hangs up
            await talk(reader, writer)
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        recipients: list[str] = []
        while line := await reader.readline():
            word, _, rest = line.decode().strip().partition(" ")
            answer = "250 good"
            encrypted = writer.get_extra_info("ssl_object") is not None
            if not encrypted:
                letters.clear.append(word.upper())
            match word.upper():
                case "EHLO":
                    offered = "STARTTLS" if tls is not None and not encrypted else "AUTH PLAIN"
                    answer = f"250-here\r\n250 {offered}"
                case "STARTTLS" if tls is not None:
                    writer.write(b"220 go on\r\n")
                    await writer.start_tls(tls)
                    continue
                case "AUTH":
                    letters.logins.append(base64.b64decode(rest.partition(" ")[2]).decode().replace("\0", " "))
                    answer = "235 good"
                case "RCPT":
                    recipients.append(rest)
                case "DATA" if not letters.refusing:
                    writer.write(b"354 go on\r\n")
                    letters.taken.append((recipients, (await reader.readuntil(b"\r\n.\r\n"))[:-3]))
                    recipients = []
                case "DATA":
                    answer = "451 not now"
                case "QUIT":
                    answer = "221 bye"
            writer.write(answer.encode() + b"\r\n")
            if word.upper() == "QUIT":
                break

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls if at_once else None)
    letters.port = server.sockets[0].getsockname()[1]
    yield letters
    server.close()
