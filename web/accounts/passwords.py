"""Password hashing: Argon2id, always in a thread, and never faster for a name that does not exist."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from vms.domain.errors import ConfigurationError

MIN_LENGTH = 12
MAX_LENGTH = 256
#: So few different characters are one held down.
MIN_DIFFERENT = 5
#: What manuals print and people leave: refused with whatever digits and signs are put about it.
_DEFAULTS = frozenset((
    "admin", "administrator", "camera", "changeme", "default", "letmein", "matkhau", "password", "quantri",
    "quantrivien", "qwerty", "secret", "welcome",
))  # fmt: skip

_hasher = PasswordHasher()  # the library's defaults follow RFC 9106's second choice
_DUMMY = _hasher.hash(secrets.token_urlsafe(16))
_one_at_a_time = asyncio.Semaphore(2)  # 64 MiB each: a flood of logins must not take the memory


def check_strength(password: str) -> None:
    """Raises ``ConfigurationError`` for a password that is too short, too long, or one that anybody would try."""
    if len(password) < MIN_LENGTH:
        raise ConfigurationError(f"the password has {len(password)} characters; use {MIN_LENGTH} or more")
    if len(password) > MAX_LENGTH:
        raise ConfigurationError(f"the password is longer than {MAX_LENGTH} characters")
    letters = "".join(letter for letter in _plain(password) if letter.isalpha())
    if letters in _DEFAULTS or len(set(password)) < MIN_DIFFERENT:
        raise ConfigurationError("the password is one that anybody would try first; choose another")


def _plain(password: str) -> str:
    """In small letters without their marks: "Mật khẩu" is no better than "matkhau"."""
    return unicodedata.normalize("NFD", password.lower().replace("đ", "d"))


def generate() -> str:
    """A password of 96 random bits, easy to copy."""
    return secrets.token_urlsafe(12)


async def hash_password(password: str) -> str:
    """The Argon2id hash with its parameters and salt."""
    check_strength(password)
    async with _one_at_a_time:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one; ``stored`` None (no such user) takes as long."""

    def work() -> bool:
        try:
            return _hasher.verify(stored if stored is not None else _DUMMY, password)
        except (Argon2Error, InvalidHashError):
            return False

    async with _one_at_a_time:
        right = await asyncio.to_thread(work)
    return right and stored is not None
