"""The governor at work: every second it hears what the cameras ask for, and tells all of them the one scale.

Not here: how the scale is found (``sampling.governor``), what it leaves out (``sampling.policy``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from detectors.camera import CameraAnalyst
from detectors.fleet import Fleet
from detectors.inference.batching import Batcher
from detectors.sampling.governor import LOOK_S, Demand, Governor
from vms.domain.clock import Clock

log = logging.getLogger(__name__)

#: Below this scale the log says that the host is short; again enough is what has been granted in full for so long.
SHORT_SCALE, ENOUGH_S = 0.9, 10.0


def demand_of(analysts: Sequence[CameraAnalyst]) -> Demand:
    """What these cameras ask for; their active rate is the facility's, so it is one."""
    active = sum(analyst.active for analyst in analysts)
    online = sum(analyst.status.reason is None for analyst in analysts)
    return Demand(
        active=active,
        idle=max(0, online - active),
        active_fps=max((analyst.plan.rates.active_fps for analyst in analysts), default=1.0),
        handed=sum(analyst.flow.handed for analyst in analysts),
        replaced=sum(analyst.flow.replaced for analyst in analysts),
    )


async def keep_governing(fleet: Fleet, batcher: Batcher, clock: Clock) -> None:
    """Governs the cameras of ``fleet`` for ever; from the moment on that there is a model."""
    governor = Governor()
    short = False
    full_since = clock.monotonic()
    while True:
        await asyncio.sleep(LOOK_S)
        if batcher.backend is None:
            continue
        now, analysts = clock.monotonic(), fleet.analysts
        demand = demand_of(analysts)
        scale = governor.look(now, demand)
        for analyst in analysts:
            analyst.govern(scale)
        if scale < 1.0:
            full_since = now
        if not short and scale < SHORT_SCALE:
            log.warning("analysis.short scale=%.2f active=%d wanted_fps=%.0f", scale, demand.active, demand.governed)
            short = True
        elif short and now - full_since >= ENOUGH_S:
            log.info("analysis.enough active=%d", demand.active)
            short = False
