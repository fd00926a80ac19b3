"""What a message leaves by, as far as one can hang without the other: a gateway, or one maker's push service."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, false, or_

from web.alerts.shape import Row
from web.channels.endpoints import Subscription, origin_of
from web.channels.push import WEBPUSH
from web.database.schema_duty import Channel


def way_of(row: Row) -> str:
    """The gateway's name; of ``webpush`` the origin of its push service. "": the channel was removed."""
    gateway: str = row["gateway"] or ""
    if gateway != WEBPUSH:
        return gateway
    try:
        return origin_of(Subscription.stored(row["address"]).endpoint) or WEBPUSH
    except ValueError:  # it fails by itself, as soon as it is sent to
        return WEBPUSH


def goes_by(ways: Iterable[str]) -> ColumnElement[bool]:
    """Whether a row's channel is one of these ways."""
    return or_(false(), *(_is(way) for way in ways))


def _is(way: str) -> ColumnElement[bool]:
    if "://" not in way:
        return and_(Channel.gateway == way, Channel.gateway != WEBPUSH)
    # As ``Subscription.text`` writes it.
    return and_(Channel.gateway == WEBPUSH, Channel.address.startswith(f'{{"endpoint": "{way}/', autoescape=True))
