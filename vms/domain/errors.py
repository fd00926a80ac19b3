"""The one tree of errors that the service raises on purpose.

VmsError
├── ConfigurationError   a file, setting or argument is wrong (exit code 2)
├── IngestError          a camera stream could not be opened or has ended
├── StorageError         a recording folder cannot be written or read
└── BusError             the message bus did not answer

A library's error is wrapped once, at the boundary, ``from`` the original.
"""

from __future__ import annotations


class VmsError(Exception):
    """Base of all errors below; its text is one line that a person can act on."""


class ConfigurationError(VmsError):
    """A facility file, a setting or an argument is wrong; the text names the place and the remedy."""


class IngestError(VmsError):
    """A stream failed. ``reason`` is the machine's word for it (``vms.domain.messages.StreamReason``)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class StorageError(VmsError):
    """A recording folder cannot be written or read."""


class BusError(VmsError):
    """The message bus did not answer in time or refused."""
