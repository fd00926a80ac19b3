"""The one way to open a recording, or a journal: a regular file, or it is not there.

A pipe by the name of a recording would hold up whoever opens it, for ever.
"""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from pathlib import Path


class IrregularFile(FileNotFoundError):
    """Something is there, and it is no regular file: a pipe, a device, a folder, a link."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "no regular file", str(path))


def opened(path: Path, *, writable: bool = False) -> FileIO:
    """The file, unbuffered; raises ``OSError``, of which ``IrregularFile`` is a ``FileNotFoundError`` as well."""
    how = os.O_RDWR if writable else os.O_RDONLY
    try:
        descriptor = os.open(path, how | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as err:
        if err.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise IrregularFile(path) from err
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IrregularFile(path)
    return os.fdopen(descriptor, "r+b" if writable else "rb", buffering=0)
