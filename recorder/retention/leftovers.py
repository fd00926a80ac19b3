"""What a crash left growing of cameras that nobody records any more: it is closed, so that it ages and goes.

Cameras that are configured are mended by who records them.
"""

from __future__ import annotations

import logging
from pathlib import Path

from recorder import journal
from recorder.index.taking import growing
from recorder.layout import PART
from recorder.recovery import recover
from recorder.retention import shelf as shelves
from recorder.retention.shelf import Shelf
from vms.bus import subjects
from vms.bus.outbox import Outbox
from vms.domain.clock import Clock
from vms.domain.facility import Facility

log = logging.getLogger(__name__)


def mend(root: Path, facility: Facility, *, node: str, outbox: Outbox, clock: Clock) -> None:
    """Closes and tells the leftovers of every camera that is not in ``facility``; what one cannot is logged."""
    configured = {Shelf(site.id, camera.id) for site, camera in facility.cameras()}
    for one in shelves.shelves(root):
        if one in configured:
            continue
        try:
            parts = list(one.folder(root).glob(f"*/*/*{PART}"))
            if not parts or any(growing(part) for part in parts):  # it is being taken out at this moment
                continue
            found = recover(root, one.site, one.camera, node, now=clock.utc())
        except Exception:  # one camera's leftovers must not keep the rest from being deleted
            log.exception("recording.unmended camera=%s", one.camera)
            continue
        for segment in found.mended:
            subject = subjects.stored(one.site, one.camera, "segment")
            outbox.put(subject, segment.encode(), f"{segment.id}.closed", sync=True)
        for gap in found.ended_gaps:
            journal.append(root, "gap", gap)
            subject = subjects.stored(one.site, one.camera, "gap")
            outbox.put(subject, gap.encode(), f"{gap.id}.closed.{gap.start.timestamp():.3f}", sync=True)
