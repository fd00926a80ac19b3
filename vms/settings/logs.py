"""Logging of every process: one line an event, ``noun.verb key=value``, secrets redacted at the handler."""

from __future__ import annotations

import logging
import sys
import time

from vms.domain.redaction import redact


class _RedactingFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)  # UTC, whatever the host shows

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


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
