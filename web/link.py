"""The bus as routes see it: perhaps not there yet, never a reason to fail in any other way than ``BusError``."""

from __future__ import annotations

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from vms.bus.connection import Bus
from vms.domain.errors import BusError


class BusLink:
    """Holds the bus once it is connected."""

    def __init__(self) -> None:
        self.bus: Bus | None = None

    @property
    def connected(self) -> bool:
        """Whether the bus answers now."""
        return self.bus is not None and self.bus.connected

    @property
    def since(self) -> float | None:
        """Since when it answers, or does not (UTC seconds); None when it never did."""
        return None if self.bus is None else self.bus.changed_at

    def bulk(self) -> Client:
        """The client for video and reads; ``BusError`` while there is none."""
        if self.bus is None or not self.bus.bulk.is_connected:
            raise BusError("the message bus does not answer")
        return self.bus.bulk

    async def request(self, subject: str, payload: bytes, timeout_s: float) -> Msg:
        """Asks a worker; ``BusError`` when nobody answers in time."""
        try:
            return await self.bulk().request(subject, payload, timeout=timeout_s)
        except nats.errors.NoRespondersError as err:
            raise BusError("no worker answers for this camera") from err
        except (nats.errors.Error, TimeoutError) as err:
            raise BusError(f"the worker did not answer within {timeout_s:g} s") from err
