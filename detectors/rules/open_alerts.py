"""Alerts that are open at this node, on the disk: a restart goes on with them or ends them.

One small JSON file a camera under ``DATA/state/open-alerts``, written atomically. Not here: when an alert opens.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from vms.domain.facility import Severity
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)


class OpenAlert(BaseModel):
    """One alert that has not ended. ``told``: its opening is in the outbox."""

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


def load(folder: Path, camera: str) -> list[OpenAlert]:
    """What was open at ``camera``; an unreadable file counts as none, and is said."""
    path = folder / f"{camera}.json"
    try:
        return [OpenAlert.model_validate(item) for item in json.loads(path.read_bytes())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, ValidationError) as err:
        log.error("open_alerts.unreadable camera=%s error=%s", camera, type(err).__name__)
        return []


def cameras(folder: Path) -> list[str]:
    """Cameras that have a file."""
    return sorted(path.stem for path in folder.glob("*.json"))


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
