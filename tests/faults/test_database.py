"""Row 19: a database that is locked, and one whose bytes are flipped: recording goes on, and the index whole."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import yaml

from recorder import journal
from tests.support.figures import Figures
from tests.support.gst_camera import gst_server
from tests.support.service import PASSWORD, Service, service
from vms.domain.messages import Segment

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def running(gstreamer: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all: each leaves it recording, with a database that is whole."""
    tmp_path = tmp_path_factory.mktemp("database")
    with gst_server({"/a": {"gop": 25}}) as camera:
        cameras = [{"id": "a", "name": "A", "placement": "gate", "streams": {"main": camera.url("/a")}}]
        sites = [{"id": "s", "name": "S", "cameras": cameras}]
        config = tmp_path / "facility.yaml"
        config.write_text(yaml.safe_dump({"facility": {"name": "F"}, "sites": sites}), encoding="utf-8")
        with service(tmp_path / "data", ["up", "--config", str(config)]) as one:
            one.wait_for(lambda: one.camera("a")["recording"], 30, "the camera is recorded")
            yield one


def recorded_bytes(one: Service) -> int:
    return sum(path.stat().st_size for path in (one.data / "recordings").glob("**/*.[mp]*") if path.suffix != ".jsonl")


def journaled(one: Service) -> set[str]:
    root = one.data / "recordings"
    entries = [entry for day in journal.days(root, "s", "a") for entry in journal.read(day)]
    return {e.record.id for e in entries if e.kind == "closed" and isinstance(e.record, Segment) and e.record.bytes}


def timeline(one: Service) -> dict[str, Any]:
    now = datetime.now(UTC)
    span = {"start": (now - timedelta(hours=1)).isoformat(), "end": (now + timedelta(minutes=1)).isoformat()}
    found: dict[str, Any] = one.get("/api/cameras/a/timeline", **span)
    return found


def holds_of_recorder(one: Service) -> set[str]:
    (cache,) = (one.data / "cache").glob("holds-*.json")
    return {hold["id"] for hold in json.loads(cache.read_bytes())["holds"]}


def vms(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vms", *arguments], capture_output=True, encoding="utf-8", timeout=100, check=False
    )


def test_a_locked_database_stops_nothing_else(running: Service, long: bool, figure: Figures) -> None:
    seconds = 60 if long else 4
    before, pid = recorded_bytes(running), running.child("web")
    with closing(sqlite3.connect(running.data / "vms.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        login = {"username": "admin", "password": PASSWORD}
        answer = running.client.post("/api/session", json=login, timeout=30)  # others wait for the lock before it
        assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#database-unavailable")
        running.wait_for(lambda: time.monotonic() - begun > seconds, seconds + 1, "the time of the lock")
        assert recorded_bytes(running) > before
        holder.execute("ROLLBACK")
    running.wait_for(running._signed_in, 20, "one can log in again")
    assert running.camera("a")["recording"]
    assert running.child("web") == pid, "web was not restarted"
    figure(19, f"database locked {seconds} s", "recording went on, 503 meanwhile", "recording goes on")


def test_flipped_bytes_cost_the_database_not_the_recordings(running: Service, figure: Figures) -> None:
    recorder = running.child("recorder")
    os.kill(recorder, signal.SIGKILL)  # so that a file is closed, and a gap has a cause
    running.wait_for(lambda: journaled(running) and running.child("recorder"), 30, "what was open is mended")
    running.wait_for(lambda: running.camera("a")["recording"], 30, "the camera is recorded again")
    recorder = running.child("recorder")
    known = journaled(running)
    now = datetime.now(UTC)
    span = {"start": (now - timedelta(minutes=5)).isoformat(), "end": now.isoformat()}
    answer = running.client.post("/api/holds", json={"cameras": ["a"], **span, "reason": "vụ việc 12"})
    assert answer.status_code == 201, answer.text
    held = answer.json()["id"]
    running.wait_for(lambda: held in holds_of_recorder(running), 20, "the recorder knows of the hold")
    for name in ("vms.db", "vms.db-wal"):
        with (running.data / name).open("r+b") as file:
            data = bytearray(file.read())
            data[40:] = bytes(byte ^ 0x5A for byte in data[40:])
            file.seek(0)
            file.write(data)
    begun = time.monotonic()

    def anew() -> bool:
        return bool(list(running.data.glob("vms.db.damaged-*"))) and running._signed_in()

    running.wait_for(anew, 60, "the damaged file is set aside, and one may log in")
    took = time.monotonic() - begun
    assert running.child("recorder") == recorder, "recording went on"
    assert [one["id"] for one in running.get("/api/cameras")["items"]] == ["a"]
    running.wait_for(
        lambda: [(one["id"], one["cameras"]) for one in running.get("/api/holds")["items"]] == [(held, ["a"])],
        20, "the hold is known again",
    )  # fmt: skip
    put = running.client.post("/api/holds", json={"cameras": ["a"], **span, "reason": "vụ việc 13"}).json()
    running.wait_for(lambda: put["id"] in holds_of_recorder(running), 20, "the recorder follows the new database")
    assert held in holds_of_recorder(running)
    rebuilt = vms("index", "rebuild", "--data", str(running.data), "--json")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert json.loads(rebuilt.stdout)["alone"] is False

    def whole() -> bool:
        return known <= {one["id"] for one in timeline(running)["segments"]}

    running.wait_for(whole, 30, "the timeline is whole again")
    running.wait_for(lambda: not list((running.data / "outbox" / "index").iterdir()), 20, "all is told")
    body = timeline(running)
    spans = sorted((one["start"], one["end"]) for one in [*body["segments"], *body["gaps"]])
    assert all(one[1] == following[0] for one, following in pairwise(spans))
    assert "unknown" not in {gap["cause"] for gap in body["gaps"]}
    figure(19, "database's bytes flipped", f"set aside and begun anew in {took:.1f} s, index whole", "index rebuilt")


def test_an_index_is_told_by_the_next_start(running: Service) -> None:
    """The service is stopped, its database deleted: files and journals alone make it whole, and holds are known."""
    now = datetime.now(UTC)
    span = {"start": (now - timedelta(minutes=5)).isoformat(), "end": now.isoformat()}
    held = running.client.post("/api/holds", json={"cameras": ["a"], **span, "reason": "vụ việc 14"}).json()["id"]
    running.wait_for(lambda: held in holds_of_recorder(running), 20, "the recorder knows of the hold")
    assert running.process is not None
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(60)
    known = journaled(running)
    assert known
    for path in running.data.glob("vms.db*"):
        path.unlink()
    for path in (running.data / "nats").rglob("*"):  # nor do the streams remember
        if path.is_file() and "jetstream" in path.parts:
            path.unlink()
    done = vms("index", "rebuild", "--data", str(running.data), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["alone"] is True
    running.start()
    running.wait_for(lambda: held in {one["id"] for one in running.get("/api/holds")["items"]}, 20, "the hold is back")
    assert held in holds_of_recorder(running)
    running.wait_for(
        lambda: known <= {one["id"] for one in timeline(running)["segments"]}, 60, "the timeline is whole again"
    )
    assert vms("index", "audit", "--data", str(running.data)).returncode == 0
    # 503 until the recorder that has just started is heard of.
    running.wait_for(lambda: running.client.post("/api/index/audits").status_code == 202, 20, "an audit is begun")

    def audited() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = running.get("/api/index/audits")["items"]
        return found

    (result,) = running.wait_for(audited, 60, "the audit that was asked for is done")
    assert (result["node"], result["cameras"], result["compared"], result["differences"]) == ("local", 1, True, [])
