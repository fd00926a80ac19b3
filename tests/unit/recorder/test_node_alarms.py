"""Alerts of the node: raised once, updated when they change, ended, and continued over a restart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from recorder.alarms import GONE_S, NodeAlarms
from tests.support.clocks import ManualClock
from vms.bus.outbox import Outbox
from vms.domain.messages import AlertEvent
from vms.domain.node import NODE_SITE


class Node:
    """Alarms over a real outbox file; what was put into it is read back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.start()

    def start(self) -> None:
        self.outbox = Outbox(self.folder / "outbox" / "r.jsonl")
        self.alarms = NodeAlarms("local", "r", self.folder / "state" / "alarms.json", self.outbox, self.clock)

    def told(self) -> list[AlertEvent]:
        return told(self.alarms)


def told(alarms: NodeAlarms) -> list[AlertEvent]:
    return [AlertEvent.model_validate_json(item.payload) for item in alarms._outbox._items]


def test_an_alert_opens_changes_and_ends_under_one_id(tmp_path: Path) -> None:
    node = Node(tmp_path)
    for detail in ({"reason": "pressure"}, {"reason": "pressure"}, {"reason": "full"}, None, None):
        node.clock.advance(1)
        node.alarms.tell("storage", detail)
    told = node.told()
    assert [(one.event, one.detail["reason"]) for one in told] == [
        ("opened", "pressure"), ("updated", "full"), ("ended", "full"),
    ]  # fmt: skip
    assert {one.id for one in told} == {told[0].id}
    assert {(one.site, one.camera, one.kind) for one in told} == {(NODE_SITE, "local", "storage")}
    assert told[2].ended_at == told[2].at > told[1].at > told[0].opened_at


def test_what_becomes_critical_is_another_alert_once(tmp_path: Path) -> None:
    """Who took a warning on, or snoozed it, was not called for a full disk."""
    node = Node(tmp_path)
    for reason in ("forecast", "full", "pressure", "full"):
        node.clock.advance(1)
        node.alarms.tell("storage", {"reason": reason}, "critical" if reason == "full" else "warning")
    node.alarms.tell("storage", None)
    told = node.told()
    assert [(one.event, one.detail["reason"], one.severity) for one in told] == [
        ("opened", "forecast", "warning"), ("ended", "forecast", "warning"), ("opened", "full", "critical"),
        ("updated", "pressure", "warning"), ("updated", "full", "critical"), ("ended", "full", "critical"),
    ]  # fmt: skip
    assert told[0].id == told[1].id != told[2].id == told[5].id


def test_kinds_are_snoozed_and_taken_on_apart(tmp_path: Path) -> None:
    node = Node(tmp_path)
    for kind in ("storage", "clock"):
        node.alarms.tell(kind, {"reason": "any"})
    assert len({one.rule for one in node.told()}) == 2


def test_a_restart_goes_on_with_what_is_open(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.alarms.tell("clock", {"reason": "unsynchronized"}, "warning")
    first = node.told()[0]
    node.outbox.close()
    node.start()
    node.alarms.tell("clock", {"reason": "unsynchronized"}, "warning")
    assert [one.id for one in node.told()] == [first.id]  # nothing is raised anew
    node.alarms.tell("clock", None)
    assert (node.told()[-1].event, node.told()[-1].id) == ("ended", first.id)


def test_notes_that_cannot_be_read_or_written_do_not_silence_it(tmp_path: Path) -> None:
    notes = tmp_path / "state" / "alarms.json"
    notes.parent.mkdir()
    for broken in ("{", json.dumps([{"id": 3}]), json.dumps(7)):
        notes.write_text(broken, encoding="utf-8")
        Node(tmp_path)
    shutil.rmtree(notes.parent)
    notes.parent.write_text("a file in the folder's place", encoding="utf-8")
    node = Node(tmp_path)
    node.alarms.tell("index", {"reason": "differences"})
    node.alarms.tell("index", None)
    assert [one.event for one in node.told()] == ["opened", "ended"]


def of(folder: Path, name: str, clock: ManualClock) -> NodeAlarms:
    outbox = Outbox(folder / "outbox" / f"{name}.jsonl")
    return NodeAlarms("local", name, folder / "state" / f"alarms-{name}.json", outbox, clock)


def test_what_a_recorder_that_is_gone_left_open_is_ended_by_another(tmp_path: Path) -> None:
    clock = ManualClock()
    gone, mine = of(tmp_path, "old", clock), of(tmp_path, "new", clock)
    gone.tell("index", {"reason": "differences"}, "warning")
    gone.tell("clock", {"reason": "unsynchronized"}, "warning")
    mine.tell("clock", {"reason": "unsynchronized"}, "warning")
    said = {one.kind: one.id for one in told(gone)}

    def look() -> None:
        for _ in range(2):
            mine.adopt()
            clock.advance(GONE_S)

    look()
    assert len(told(mine)) == 1, "as long as it runs its alerts are its own"
    gone.close()
    mine.adopt()
    clock.advance(GONE_S / 2)
    mine.adopt()
    assert len(told(mine)) == 1, "it may be started again"
    look()
    assert [(one.event, one.kind, one.id) for one in told(mine)[1:]] == [("ended", "clock", said["clock"])]
    mine.tell("index", None)
    assert (told(mine)[-1].event, told(mine)[-1].id) == ("ended", said["index"])
    look()
    assert len(told(mine)) == 3
    assert not (tmp_path / "state" / "alarms-old.json").exists()
