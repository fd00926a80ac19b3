"""What each role may say and hear on the bus: the lists that a broker enforces. Here are no passwords and no file.

A role is refused whatever is not its own, so that one that decodes what a camera sent, and was taken over by it, can
neither write the configuration, nor tell of segments that it did not record, nor hear what others are answered.
Beneath ``answers`` a role may publish to the inbox of who asked it, once a question, and to no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vms.bus import subjects
from vms.bus.subjects import STREAM_ALERTS, STREAM_SEGMENTS, BusRole, Stored, Verb, inbox_prefix
from vms.domain.messages import Profile
from vms.domain.node import NODE_SITE

Account = Literal["core", "bulk"]

#: Who makes a live profile, and who answers a question. A new one is nobody's until it stands here.
OWNERS: dict[Profile, BusRole] = {
    "main": "recorder", "key": "recorder",
    "sub": "detector", "sub-masked": "detector", "jpeg": "detector", "jpeg-masked": "detector", "boxes": "detector",
}  # fmt: skip
ANSWERERS: dict[Verb, tuple[BusRole, ...]] = {
    "watch": ("recorder", "detector"), "snapshot": ("detector",), "read": ("recorder",), "fragments": ("recorder",),
    "render": ("renderer",), "tryout": ("renderer",),
    "audit": ("recorder", "web"),  # by the node that is named
}  # fmt: skip
TELLERS: dict[Stored, BusRole] = {
    "alert": "detector", "canary": "detector", "minute": "detector",
    "segment": "recorder", "gap": "recorder", "index": "recorder",
}  # fmt: skip
_STREAMS = (STREAM_ALERTS, STREAM_SEGMENTS)
_BUCKETS = (subjects.BUCKET_STATE, subjects.BUCKET_CONFIG, subjects.BUCKET_HOLDS)


@dataclass(frozen=True, slots=True)
class Rights:
    """Of one user: subjects with NATS's wildcards; ``never_…`` goes before what is allowed."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    never_publish: tuple[str, ...] = ()
    never_subscribe: tuple[str, ...] = ()
    answers: bool = False


def rights(role: BusRole, account: Account) -> Rights | None:
    """What ``role`` may in ``account``; None: it has no user there."""
    return _core(role) if account == "core" else _bulk(role)


def _core(role: BusRole) -> Rights | None:
    own = f"{inbox_prefix(role)}.>"
    told = tuple(subjects.stored("*", "*", kind) for kind, teller in TELLERS.items() if teller == role)
    config = f"$KV.{subjects.BUCKET_CONFIG}.{subjects.CONFIG_KEY}"
    holds = f"$KV.{subjects.BUCKET_HOLDS}.{subjects.HOLDS_KEY}"
    states = f"$KV.{subjects.BUCKET_STATE}"
    match role:
        case "web":
            return Rights((*_keeping(), *_consuming(), config, holds), (f"{states}.>", own))
        case "recorder":
            of_node = subjects.stored(NODE_SITE, "*", "alert"), f"{states}.{subjects.node_key('*', '*')}"
            own_states = f"{states}.{subjects.state_key('*', '*', 'recorder')}"
            reads = *_reading(subjects.BUCKET_CONFIG), *_reading(subjects.BUCKET_HOLDS)
            return Rights((*told, own_states, *of_node, *reads), (config, holds, own))
        case "detector":
            own_states = f"{states}.{subjects.state_key('*', '*', 'detector')}"
            # What a node says of itself comes from who writes on its disk.
            of_node = f"vms.v1.{NODE_SITE}.>", f"{states}.{NODE_SITE}.>"
            return Rights((*told, own_states, *_reading(subjects.BUCKET_CONFIG)), (config, own), never_publish=of_node)
        case "renderer":
            return None


def _bulk(role: BusRole) -> Rights:
    own = f"{inbox_prefix(role)}.>"
    audits, compare = subjects.control(NODE_SITE, "*", "audit"), subjects.control(NODE_SITE, subjects.WEB, "audit")
    verbs = {verb: who for verb, who in ANSWERERS.items() if verb != "audit"}
    asked = tuple(subjects.control("*", "*", verb) for verb, who in verbs.items() if role in who)
    made = tuple(subjects.live("*", "*", profile) for profile, owner in OWNERS.items() if owner == role)
    made += tuple(f"{subject}.*" for subject in made)  # the current group, for who has just come
    match role:
        case "web":
            asks = tuple(subjects.control("*", "*", verb) for verb in verbs)
            return Rights((*asks, audits), ("live.v1.>", compare, own), answers=True)
        case "recorder":
            return Rights((*made, compare), (*asked, audits, own), never_subscribe=(compare,), answers=True)
        case "detector":
            watch, keys = subjects.control("*", "*", "watch"), subjects.live("*", "*", "key")
            return Rights((*made, watch), (*asked, keys, own), answers=True)
        case "renderer":
            return Rights((), (*asked, own), answers=True)


def _reading(bucket: str) -> tuple[str, ...]:
    """Reading the keys of a bucket.

    Not by ``DIRECT.GET``: where a request says that the answer goes is not looked at by the server, and that answer is
    the bare value. All others are the server's own words, which nobody takes for a message.
    """
    return f"$JS.API.STREAM.INFO.KV_{bucket}", f"$JS.API.STREAM.MSG.GET.KV_{bucket}"


def _keeping() -> tuple[str, ...]:
    """Making streams and buckets, and reading the latter. Who makes one says where its messages go: web alone does."""
    names = *_STREAMS, *(f"KV_{bucket}" for bucket in _BUCKETS)
    made = tuple(f"$JS.API.STREAM.{verb}.{name}" for name in names for verb in ("INFO", "CREATE", "UPDATE"))
    return made + tuple(subject for bucket in _BUCKETS for subject in _reading(bucket)[1:])


def _consuming() -> tuple[str, ...]:
    """Consumers of the streams, and of the states that are there already."""
    some: list[str] = []
    for name in (*_STREAMS, f"KV_{subjects.BUCKET_STATE}"):
        api = "$JS.API.CONSUMER"
        some += (f"{api}.CREATE.{name}", f"{api}.CREATE.{name}.>", f"{api}.DURABLE.CREATE.{name}.*")
        some += (f"{api}.INFO.{name}.*", f"{api}.DELETE.{name}.*", f"{api}.MSG.NEXT.{name}.*")
        some += (f"$JS.ACK.{name}.>", f"$JS.FC.{name}.>")
    return tuple(some)
