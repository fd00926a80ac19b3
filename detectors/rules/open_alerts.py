"""Alerts that are open at this node, on the disk: a restart goes on with them or ends them.

One small JSON file a camera under ``DATA/state/open-alerts``, written atomically. Not here: when an alert opens.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from vms.domain.clock import from_epoch
from vms.domain.facility import Severity
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)


class OpenAlert(BaseModel):
    """One alert that has not ended. ``told``: its opening is in the outbox.

    ``looked_at``: when its camera was looked at last, by the process before this one; None for one of this process.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    site: str
    camera: str
    rule: str
    kind: str
    zone: str | None = None
    zone_name: str | None = None
    severity: Severity
    opened_at: AwareDatetime
    began_at: AwareDatetime
    persons: int
    most: int
    detail: dict[str, int | str] = {}
    told: bool = False
    looked_at: AwareDatetime | None = Field(default=None, exclude=True)  # the file's own time: see ``stamp``


def load(folder: Path, camera: str) -> list[OpenAlert]:
    """What was open at ``camera``; an unreadable file counts as none, and is said."""
    path = folder / f"{camera}.json"
    try:
        looked_at = from_epoch(path.stat().st_mtime)
        return [OpenAlert.model_validate({**item, "looked_at": looked_at}) for item in json.loads(path.read_bytes())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, ValidationError) as err:
        log.error("open_alerts.unreadable camera=%s error=%s", camera, type(err).__name__)
        return []


def cameras(folder: Path) -> list[str]:
    """Cameras that have a file."""
    return sorted(path.stem for path in folder.glob("*.json"))


def stamp(folder: Path, camera: str, at: float) -> None:
    """Notes that ``camera`` was looked at (UTC seconds), as the time of its file; one that is gone needs none."""
    try:
        os.utime(folder / f"{camera}.json", (at, at))
    except FileNotFoundError:
        pass
    except OSError as err:
        log.error("open_alerts.unstamped camera=%s error=%s", camera, err.strerror)


def save(folder: Path, camera: str, alerts: list[OpenAlert]) -> None:
    """Replaces what is on the disk; synced before it is renamed. Never raises: the alert itself goes first."""
    path = folder / f"{camera}.json"
    try:
        if not alerts:
            path.unlink(missing_ok=True)
            return
        write_whole(path, b"[" + b",".join(alert.model_dump_json().encode() for alert in alerts) + b"]")
    except OSError as err:
        log.error("open_alerts.unwritten camera=%s error=%s", camera, err.strerror)
