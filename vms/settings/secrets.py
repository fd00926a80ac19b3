"""Secrets: in the variable ``NAME``, or in the file that ``NAME_FILE`` names. Nobody else reads such a file.

A file is what compose and systemd hand over (``/run/secrets/…``, ``$CREDENTIALS_DIRECTORY/…``), and what stands in no
process's environment. Which names are secret is the business of those who ask.
"""

from __future__ import annotations

import functools
import logging
import os
import stat
from collections.abc import Mapping

from vms.domain.errors import ConfigurationError

log = logging.getLogger(__name__)

SUFFIX = "_FILE"
#: No secret is longer; a file that is was meant for something else (bytes).
MOST_BYTES = 16 << 10


def secret(env: Mapping[str, str], name: str) -> str | None:
    """The value of ``name``, of its file without the newline at its end; None: neither variable is there.

    An empty variable is as good as none where there is a file. Raises ``ConfigurationError``, which never shows a
    value, where both are set, and for a file that gives none.
    """
    path = env.get(name + SUFFIX)
    if not path:
        return env.get(name)
    if env.get(name):
        raise ConfigurationError(f"{name} and {name}{SUFFIX} are both set: leave one of them out")
    return _read(f"{name}{SUFFIX}={path}", path)


def _read(said: str, path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not hold up the start
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise ConfigurationError(f"{said} is no regular file")
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as err:
        why = getattr(err, "strerror", None) or type(err).__name__
        raise ConfigurationError(f"{said} cannot be read: {why}; correct the path or the file's rights") from err
    if len(raw) > MOST_BYTES:
        raise ConfigurationError(f"{said} is larger than {MOST_BYTES >> 10} KiB: is it the right file?")
    try:
        value = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as err:
        raise ConfigurationError(f"{said} is no text in UTF-8") from err
    if not value.strip():
        raise ConfigurationError(f"{said} is empty")
    if not value.isprintable():
        raise ConfigurationError(f"{said} holds more than one line, or characters that nobody types")
    if found.st_mode & stat.S_IROTH:
        _say_open(path)
    return value


@functools.cache  # once a process: cameras ask for theirs again and again
def _say_open(path: str) -> None:
    log.warning("secret.open file=%s everybody on this host may read it: chmod o-r", path)
