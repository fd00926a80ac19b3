"""Everything that brings an alert to a person, put together; ``web.process`` makes it and keeps it running."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vms.domain.clock import Clock
from vms.settings.environment import canary_s
from web.cameras.reports import Reports
from web.cameras.watch import CameraWatch
from web.canary.push import CanaryPush
from web.canary.watch import CanaryWatch
from web.channels.compose import Composer
from web.channels.couriers import Couriers
from web.channels.gateways import Ways
from web.channels.pictures import Pictures
from web.channels.trials import Trials
from web.channels.vapid import KeyPair
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.escalation.runner import Escalation
from web.events.feed import EventFeed
from web.link import BusLink


@dataclass(frozen=True, slots=True)
class House:
    """What the parts are made from."""

    clock: Clock
    database: Database  # the role's own connections
    current: CurrentConfiguration
    cameras: CameraWatch
    reports: Reports
    feed: EventFeed
    link: BusLink
    data: Path
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reaching:
    """The parts, for the routes."""

    ways: Ways
    keys: KeyPair
    couriers: Couriers
    composer: Composer
    trials: Trials
    escalation: Escalation
    canaries: CanaryWatch | None  # None: there are none

    @classmethod
    async def open(cls, house: House) -> Reaching:
        """``ConfigurationError`` for settings that are not usable."""
        ways = Ways.of(house.env)
        keys = await asyncio.to_thread(KeyPair.load, house.data)
        couriers = Couriers(house.clock, ways, keys)
        try:
            await couriers.check()
        except BaseException:
            await couriers.close()
            raise
        pictures = Pictures(house.database, house.current, house.link)
        composer = Composer(house.database, house.current, pictures)
        return cls(
            ways=ways, keys=keys, couriers=couriers, composer=composer, trials=Trials(house.clock, couriers),
            escalation=Escalation(house.database, house.clock, couriers, composer),
            canaries=_canaries(house, couriers),
        )  # fmt: skip

    def running(self) -> list[Coroutine[Any, Any, None]]:
        """What runs as long as the role does."""
        running = [self.couriers.run(), self.escalation.run()]
        if self.canaries is not None:
            running += [self.canaries.listen(), self.canaries.run()]
            running += [] if self.canaries.push is None else [self.canaries.push.run()]
        return running

    async def close(self) -> None:
        """Ends the processes of its own."""
        await self.couriers.close()


def _canaries(house: House, couriers: Couriers) -> CanaryWatch | None:
    every_s = canary_s(house.env)
    if not every_s:
        return None
    push = CanaryPush(house.database, house.clock, couriers.send_canary) if couriers.has_monitor else None
    return CanaryWatch(house.database, house.clock, house.current, house.cameras, house.feed, push, every_s)
