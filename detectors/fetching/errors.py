"""The error of this package."""

from __future__ import annotations

from vms.domain.errors import VmsError


class FetchError(VmsError):
    """A model could not be got, or is not what was asked for; the text is one line that says what to do."""
