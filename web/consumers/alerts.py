"""What the stream ALERTS carries, applied to the tables: alerts, and the canaries that come the same way."""

from __future__ import annotations

from collections.abc import Sequence

from nats.aio.msg import Msg
from pydantic import ValidationError

from vms.domain.canary import CANARY_CAMERA, Canary
from vms.domain.messages import AlertEvent
from web.alerts import incoming
from web.canary import store
from web.consumers.stream import Poison
from web.consumers.subject import check_sender
from web.database.engine import Change

DURABLE = "web-alerts"


async def apply(change: Change, messages: Sequence[Msg]) -> None:
    """Applies in order; ``Poison`` when one is neither an alert event nor a canary."""
    events: list[AlertEvent] = []
    canaries: list[Canary] = []
    for msg in messages:
        try:
            if msg.subject.endswith(".canary"):
                canary = Canary.model_validate_json(msg.data)
                check_sender(msg.subject, canary.site, CANARY_CAMERA, "canary")
                canaries.append(canary)
                continue
            event = AlertEvent.model_validate_json(msg.data)
            incoming.check(event)
        except (ValidationError, ValueError) as err:
            raise Poison(_words(err)) from err
        check_sender(msg.subject, event.site, event.camera, "alert")
        events.append(event)
    await incoming.apply(change, events)
    await store.keep(change, canaries)


def _words(err: Exception) -> str:
    if isinstance(err, ValidationError):
        one = err.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
    return str(err)
