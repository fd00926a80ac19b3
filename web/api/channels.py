"""One's own ways to be reached: list, add, change, remove, test; for who makes the roster the test of somebody's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select

from web.access import permit
from web.accounts.roles import ROLES
from web.channels import store
from web.channels.endpoints import Subscription
from web.channels.push import WEBPUSH, Answer
from web.channels.store import ChannelRow
from web.context import Context, Here
from web.database.schema import User
from web.grant import Grant
from web.problems import Problem, not_found

router = APIRouter(tags=["channels"])

Own = Annotated[Grant, permit("session.own")]
#: Who can take an alert on can be called; nobody else has this host send to where he says.
MayBeCalled = Annotated[Grant, permit("session.own", "alert.ack")]
Label = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=store.MOST_LABEL,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e]+$",
    ),
]
ChannelId = Annotated[str, Path(max_length=32)]


class Keys(BaseModel):
    """Of the browser, in base64url."""

    model_config = ConfigDict(extra="forbid")
    p256dh: Annotated[str, Field(max_length=200)]
    auth: Annotated[str, Field(max_length=100)]


class BrowserSubscription(BaseModel):
    """As ``PushSubscription.toJSON()`` gives it."""

    model_config = ConfigDict(extra="ignore")  # browsers add to it
    endpoint: Annotated[str, Field(max_length=1200)]
    keys: Keys


class NewChannel(BaseModel):
    """With ``subscription`` for ``webpush``, with ``address`` for any other gateway."""

    model_config = ConfigDict(extra="forbid")
    gateway: Annotated[str, Field(min_length=1, max_length=32)]
    address: Annotated[str, Field(max_length=200)] | None = None
    subscription: BrowserSubscription | None = None
    label: Label
    language: Literal["vi", "en"] = "vi"


class ChangedChannel(BaseModel):
    """What is to be different."""

    model_config = ConfigDict(extra="forbid")
    label: Label | None = None
    enabled: bool | None = None
    position: Annotated[int, Field(ge=0, le=store.MOST_EACH)] | None = None


@router.get("/api/channels")
async def channels(grant: Own, context: Here) -> dict[str, Any]:
    """One's own in the order in which they are tried, and what this host offers."""
    async with context.database.read() as connection:
        his = await store.of_user(connection, grant.identity.user_id)
    ways = context.reaching.ways
    return {
        "items": [one.told() for one in his],
        "gateways": [{"name": one.name, "asks": one.asks} for one in ways.gateways.values()],
        "webpush": {"public_key": context.reaching.keys.public},
    }


@router.post("/api/channels", status_code=201, responses={409: {}})
async def add(body: NewChannel, grant: MayBeCalled, context: Here) -> dict[str, Any]:
    """Adds one at the end; the same address again is the same channel. 409 `too-many`."""
    address = _address(body, context)
    async with context.database.change() as change:
        made, ended = await store.add(change, grant.identity.user_id, body.gateway, address, body.label, body.language)
        told = {"gateway": made.gateway, "label": made.label, "address": made.told()["address"], "ended": ended}
        await context.audit.write(change, grant, "channel.put", object=made.id, detail=told)
    return made.told()


@router.patch("/api/channels/{channel}")
async def alter(channel: ChannelId, body: ChangedChannel, grant: Own, context: Here) -> dict[str, Any]:
    """Renames it, switches it on or off, or moves it to another place in the order."""
    async with context.database.change() as change:
        made = await store.alter(
            change, grant.identity.user_id, channel,
            label=body.label, enabled=body.enabled, position=body.position,
        )  # fmt: skip
        told = {"gateway": made.gateway, "label": made.label, "enabled": made.enabled, "position": made.position}
        await context.audit.write(change, grant, "channel.put", object=made.id, detail=told)
    return made.told()


@router.post("/api/channels/{channel}/test", responses={429: {}})
async def test(channel: ChannelId, grant: MayBeCalled, context: Here) -> dict[str, Any]:
    """Sends a test there and tells what came of it; 429 within 10 s of the last one."""
    async with context.database.read() as connection:
        found = await store.find(connection, channel, grant.identity.user_id)
    if found is None:
        raise not_found("channel")
    ((_, answer),) = await _tested(context, grant, [found], grant.identity.username)
    return _told(answer)


@router.delete("/api/channels/{channel}", status_code=204)
async def remove(channel: ChannelId, grant: Own, context: Here) -> None:
    """Removes it: nothing is sent there any more."""
    async with context.database.change() as change:
        gone = await store.remove(change, grant.identity.user_id, channel)
        told = {"gateway": gone.gateway, "label": gone.label, "address": gone.told()["address"]}
        await context.audit.write(change, grant, "channel.remove", object=gone.id, detail=told)


@router.post("/api/duty/people/{person}/test", responses={429: {}})
async def test_person(
    person: Annotated[str, Path(max_length=64)], grant: Annotated[Grant, permit("duty.manage")], context: Here
) -> dict[str, Any]:
    """A test over all channels of somebody who can be on duty where one manages it; what came of each."""
    async with context.database.read() as connection:
        query = select(User.id, User.role, User.sites).where(User.username == person, User.enabled)
        user = (await connection.execute(query)).first()
        if user is None or "alert.view" not in ROLES.get(user.role, ()) or not _within(grant, user.sites):
            raise not_found("person")
        his = await store.of_user(connection, user.id, enabled=True)
    tested = await _tested(context, grant, his, person)
    return {"items": [{"channel": one.name, **_told(answer)} for one, answer in tested]}


def _within(grant: Grant, sites: Sequence[str] | None) -> bool:
    """Whether somebody of these sites sees one of those that are within reach."""
    within = grant.reach
    return within.sites is None or sites is None or any(within.has_site(site) for site in sites)


async def _tested(
    context: Context, grant: Grant, channels: list[ChannelRow], person: str
) -> list[tuple[ChannelRow, Answer]]:
    trials = context.reaching.trials
    trials.begin(grant.identity.username, channels)
    zone = context.current.facility.zone_info()
    answers = await asyncio.gather(*(trials.send(one, zone) for one in channels))
    tested = [*zip(channels, answers, strict=True)]
    async with context.database.change() as change:
        for one, answer in tested:
            await store.note_test(change, one.id, answer)
        detail = {"channels": {one.name: answer.outcome for one, answer in tested}}
        await context.audit.write(change, grant, "channel.test", object=person, detail=detail)
    return tested


def _told(answer: Answer) -> dict[str, Any]:
    return {"state": "sent" if answer.outcome == "sent" else "failed", "answer": answer.text, "took_ms": answer.took_ms}


def _address(body: NewChannel, context: Context) -> str:
    """As it is kept; ``Problem`` 422 says what is asked for."""
    ways = context.reaching.ways
    if body.gateway == WEBPUSH:
        if body.subscription is None or body.address is not None:
            raise Problem(422, "invalid", "webpush takes a browser's 'subscription', and no 'address'")
        keys = body.subscription.keys
        try:
            return Subscription.checked(body.subscription.endpoint, keys.p256dh, keys.auth, ways.push_origins).text()
        except ValueError as err:
            raise Problem(422, "invalid", str(err)) from err
    gateway = ways.gateways.get(body.gateway)
    if gateway is None:
        raise Problem(422, "invalid", "'gateway' is none of this host's")
    address = (body.address or "").strip()
    if body.subscription is not None:
        raise Problem(422, "invalid", "only webpush takes a 'subscription'")
    if fault := gateway.fault(address):
        raise Problem(422, "invalid", f"'address': {fault}")
    return address
