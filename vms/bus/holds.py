"""The list of holds as this host's recorders last read it from the bus: what was held, if database and bus are lost.

Who keeps a cache and what for is the recorder's; here is only how to find the newest.
"""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import ValidationError

from vms.domain.holds import HoldList

log = logging.getLogger(__name__)


def cached(data: Path) -> HoldList | None:
    """The newest list that recorders of this folder have cached; each is whole, so an older one adds nothing."""
    newest: HoldList | None = None
    for path in sorted((data / "cache").glob("holds-*.json")):
        try:
            found = HoldList.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as err:
            log.error("holds.unread path=%s error=%s", path.name, type(err).__name__)
            continue
        if newest is None or found.revision > newest.revision:
            newest = found
    return newest
