"""By which ladders alerts climb: reading the policy in force, and putting another."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from vms.domain.clock import rfc3339
from web.access import permit
from web.context import Here
from web.duty import policies
from web.duty.policy import DEFAULT, Ladder, Policy
from web.duty.terms import CHANGED
from web.grant import Grant
from web.problems import Problem

router = APIRouter(prefix="/api/duty", tags=["duty"])


class NewPolicy(BaseModel):
    """``base_revision``: that it was made from."""

    model_config = ConfigDict(extra="forbid")
    policy: Policy
    base_revision: Annotated[int, Field(ge=0, lt=2**53)]


@router.get("/policy")
async def policy(_viewer: Annotated[Grant, permit("duty.view")], context: Here) -> dict[str, Any]:
    """The ladders in force, their revision (0: nobody has put any), who put them when; those that hold without any."""
    async with context.database.read() as connection:
        revision, found = await policies.in_force(connection)
        by, at = await policies.put_by(connection, revision)
    told = {"by": by, "at": None if at is None else rfc3339(at), "default": DEFAULT.model_dump(mode="json")}
    return {"revision": revision, "policy": found.model_dump(mode="json"), **told}


@router.put("/policy", responses={409: {}})
async def put(
    body: NewPolicy, manager: Annotated[Grant, permit("duty.view", "duty.manage")], context: Here
) -> dict[str, int]:
    """Puts it in force; by who sees all sites alone. 409 `changed` with what is in force when that is not its base."""
    if manager.identity.sites is not None:
        raise Problem(403, "forbidden", "the policy is of all sites: it is the matter of who sees them all")
    async with context.database.change() as change:
        revision, before = await policies.in_force(change.connection)
        if revision != body.base_revision:
            said = (
                f"the policy was changed: revision {revision} is in force, this one is made from {body.base_revision}"
            )
            raise Problem(409, "changed", said, revision=revision, policy=before.model_dump(mode="json"))
        if body.policy == before:
            return {"revision": revision}
        revision = await policies.put(change, body.policy, manager.identity.username)
        told = {name: [old, new] for name, (old, new) in _both(before, body.policy).items() if old != new}
        await change.record(CHANGED, {"site": None})
        await context.audit.write(change, manager, "duty.change", object=f"revision {revision}", detail=told)
    return {"revision": revision}


def _both(before: Policy, after: Policy) -> dict[str, tuple[str, str]]:
    return {
        f"{kind}.{severity}": (_told(old.get(severity)), _told(ladder))
        for kind, old, new in (
            ("security", before.security, after.security), ("technical", before.technical, after.technical),
        )
        for severity, ladder in new.items()
    }  # fmt: skip


def _told(ladder: Ladder | None) -> str:
    """In one line: an entry of the log is not as deep as a policy."""
    if ladder is None:
        return "nobody"
    rungs = ", ".join(f"{rung.duty} after {rung.after_s} s" for rung in ladder.rungs)
    again = "never again" if ladder.repeat_s is None else f"again every {ladder.repeat_s} s"
    over = "; until it is over" if ladder.until_over else ""
    return f"{rungs}; {again}; together within {ladder.cooldown_s} s{over}"
