"""The lists of what roles may on the bus are whole: the broker is tried with them in the integration tests."""

from __future__ import annotations

from typing import get_args

from vms.bus import rights
from vms.bus.subjects import STREAM_ALERTS, STREAM_SEGMENTS, STREAM_SUBJECTS, BusRole, Stored, Verb
from vms.domain.messages import Profile


def test_every_profile_question_and_message_is_somebodys() -> None:
    assert set(rights.OWNERS) == set(get_args(Profile))
    assert set(rights.ANSWERERS) == set(get_args(Verb))
    assert set(rights.TELLERS) == set(get_args(Stored))


def test_streams_hold_what_workers_tell() -> None:
    kept = {subject for name in (STREAM_ALERTS, STREAM_SEGMENTS) for subject in STREAM_SUBJECTS[name]}
    told = {
        subject
        for role in get_args(BusRole)
        for subject in getattr(rights.rights(role, "core"), "publish", ())
        if subject.startswith("vms.v1.*")
    }
    assert told == kept


def test_web_alone_makes_streams_and_writes_what_workers_obey() -> None:
    for role in get_args(BusRole):
        may = rights.rights(role, "core")
        some = may.publish if may is not None else ()
        assert any(".STREAM.CREATE." in one for one in some) == (role == "web")
        assert {"$KV.config.facility", "$KV.holds.all"} <= set(some) or role != "web"
        assert not {one for one in some if one.startswith(("$KV.config", "$KV.holds"))} or role == "web"
