"""One demo and one Chromium for the dashboard and its recordings: a demo takes half a minute until all is recorded.

The recordings' tests come last, because they kill its recorder; what needs no demo comes before (its module's name).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.bare import Running
from tests.browser.chromium import CAMERAS, CHROMIUM, FLAGS
from tests.integration.web.rig import PASSWORD
from tests.support.nats_bus import nats_server
from tests.support.service import Service, service


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    env = {name: value for name, value in os.environ.items() if name != "VMS_DEMO_FOOTAGE"}
    data = tmp_path_factory.mktemp("demo") / "data"
    with service(data, ["demo", "--cameras", str(CAMERAS), "--sites", "2"], env=env | {"VMS_DEMO_FOOTAGE": ""}) as one:
        for camera in one.get("/api/cameras")["items"]:
            one.wait_for(lambda c=camera: one.camera(c["id"])["state"] == "recording", 90, camera["id"])
        yield one


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI installs Chromium: see .ci/run")
        pytest.skip("no Chromium on this machine")
    # What is expected comes at once on a quiet machine; here other parts of the tests share it.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("VMS_ADMIN_PASSWORD", PASSWORD)
    monkeypatch.setattr("recorder.segments.SEGMENT_S", 10.0)
    with nats_server(tmp_path / "nats") as server:
        one = Running(tmp_path / "data", server)
        one.start()
        yield one
        one.stop()
