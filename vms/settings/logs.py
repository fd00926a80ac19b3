"""Logging of every process: one line an event, ``noun.verb key=value``, secrets redacted at the handler.

What an event quotes may come from a stranger, and ends no line: else he would write the next one himself.
"""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from vms.domain.redaction import escaped, redact

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _RedactingFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)  # UTC, whatever the host shows

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        return escaped(super().formatMessage(record))

    def formatException(self, ei: _Raised) -> str:
        # Set in, so that no line of it, whatever the error quotes, looks like an event.
        return "\n".join(f"  {escaped(line)}" for line in super().formatException(ei).splitlines())


def configure(role: str, level: str = "INFO") -> None:
    """Sends everything to standard error; ``role`` stands in each line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _RedactingFormatter(f"%(asctime)s.%(msecs)03dZ %(levelname)s {role} %(message)s", "%Y-%m-%dT%H:%M:%S")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Third parties say a line a connection; what matters of it we say ourselves.
    for name in ("nats", "uvicorn.access", "sqlalchemy", "aiosqlite", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
