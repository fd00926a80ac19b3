"""A database on another host: how the line to it is kept private is stated, not left to the driver.

It carries the hashes of passwords, who looked at what, and the configuration. Drivers take an open line where
the server offers no other, without a word.
"""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from vms.domain.addresses import is_this_host
from vms.domain.errors import ConfigurationError

#: The parameter's name goes by the driver: asyncpg's and psycopg's.
_STATED = ("ssl", "sslmode")
#: An open line where the server has no other, whoever has taken that away.
_UNDECIDED = ("", "allow", "prefer")


def check_line(url: str) -> None:
    """Raises ``ConfigurationError`` for a database on another host of which the URL does not say whether by TLS."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return  # who opens it says what is wrong
    named = parsed.query.get("host", "")  # libpq's way; of several, one is elsewhere
    hosts = [parsed.host] if parsed.host else [named] if isinstance(named, str) else named
    if all(_is_here(host) for host in hosts) or any(
        str(parsed.query.get(name, "")) not in _UNDECIDED for name in _STATED
    ):
        return
    raise ConfigurationError(
        "VMS_DATABASE_URL leads to another host: add ?ssl=verify-full (or ?ssl=require, encrypted without a proof of "
        "who answers), or ?ssl=disable where the network between is yours alone"
    )


def _is_here(host: str | None) -> bool:
    return not host or host.startswith("/") or is_this_host(host)  # a file, a socket of this host, or its own address
