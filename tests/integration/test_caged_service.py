"""``vms up`` as the unit and the image run it: not root, no capabilities, nothing writable but its data folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.support.cage import REPOSITORY, caged, uid
from tests.support.gst_camera import gst_server
from tests.support.service import PASSWORD, Service, service


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("caged")
    kept, root = folder / "kept", folder / "root"
    root.mkdir()
    data = kept / "data"
    data.mkdir(parents=True)
    secrets = {"VMS_ADMIN_PASSWORD": PASSWORD, "CAM_USER": "trực", "CAM_PASS": "mật@khẩu:bí-mật"}
    env = {"HOME": str(data), "VMS_ADMIN_PASSWORD": "", "TMPDIR": str(data)}
    env |= {"VMS_MODELS_DIR": "", "VMS_DEMO_FOOTAGE": ""}  # they may lie where nobody gets
    for name, value in secrets.items():
        (kept / name).write_text(f"{value}\n", encoding="utf-8")
        (kept / name).chmod(0o400)
        env[f"{name}_FILE"] = str(kept / name)
    sub = {"size": [320, 180], "fps": 10, "gop": 10}
    with gst_server(
        {"/main": {"codec": "h264"}, "/sub": sub}, user=secrets["CAM_USER"], password=secrets["CAM_PASS"]
    ) as server:
        streams = {
            name: server.url(f"/{name}").replace("rtsp://", "rtsp://${CAM_USER}:${CAM_PASS}@")
            for name in ("main", "sub")
        }
        camera = {"id": "cam", "name": "Cổng", "placement": "gate", "streams": streams}
        facility = {"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": [camera]}]}
        config = kept / "facility.yaml"
        config.write_text(yaml.safe_dump(facility, allow_unicode=True), encoding="utf-8")
        prefix = caged(root, kept)
        with service(data, ["up", "--config", str(config)], env=env, prefix=prefix) as one:
            yield one


def test_it_records_analyses_and_shows(running: Service) -> None:
    running.wait_for(lambda: running.camera("cam")["state"] == "recording", 30, "the camera is recorded")
    running.wait_for(lambda: (running.camera("cam")["sampled_fps"] or 0) > 0, 30, "the camera is analysed")
    written = running.data / "recordings"
    running.wait_for(lambda: any(one.stat().st_size > 100_000 for one in written.rglob("*.part")), 30, "footage grows")
    shown = running.wait_for(lambda: _picture(running), 30, "a picture is made")
    assert shown.startswith(b"\xff\xd8\xff")
    clocks = running.get("/api/system")["clocks"]
    assert clocks, "the host's clock is read"


def _picture(running: Service) -> bytes | None:
    answer = running.client.get("/api/cameras/cam/snapshot.jpg")
    return answer.content if answer.status_code == 200 else None


def test_none_of_its_processes_is_root_or_can_become_it(running: Service) -> None:
    assert running.process is not None
    tree = [psutil.Process(running.process.pid), *psutil.Process(running.process.pid).children(recursive=True)]
    assert len(tree) >= 6  # supervisor, bus, web, recorder, detector, renderer
    for one in tree:
        said = dict(line.split(":\t", 1) for line in Path(f"/proc/{one.pid}/status").read_text("utf-8").splitlines()
                    if ":\t" in line)  # fmt: skip
        assert set(said["Uid"].split()) == set(said["Gid"].split()) == {str(uid())}, one.cmdline()
        assert {said[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
        assert said["NoNewPrivs"] == "1"


def test_nothing_is_writable_but_its_folder(running: Service) -> None:
    assert running.process is not None
    kept = running.data.parent
    tried = ["/", "/usr", "/etc", str(REPOSITORY), str(REPOSITORY / "vms"), str(kept)]
    script = "\n".join(f'touch "{one}/.probe" 2> /dev/null && echo "{one}"' for one in tried)
    inside = ["nsenter", "--mount", "--root", "--target", str(running.process.pid)]
    inside += ["setpriv", f"--reuid={uid()}", f"--regid={uid()}", "--clear-groups", "sh", "-c", script]
    done = subprocess.run(inside, capture_output=True, encoding="utf-8", timeout=30, check=False)
    assert done.stdout.splitlines() == [str(kept)], done.stderr
    (kept / ".probe").unlink()
    # As root, whom rights do not stop, the root file system is read-only all the same.
    mounts = Path(f"/proc/{running.process.pid}/mountinfo").read_text("utf-8").splitlines()
    writable = {line.split()[4] for line in mounts if "rw" in line.split()[5].split(",")}
    assert {one for one in writable if not one.startswith(("/dev", "/proc"))} <= {str(kept)}


def test_it_stops_whole(running: Service) -> None:
    assert running.stop() == 0
    assert not list(running.data.rglob("*.part")), "the last file is finished"
    assert os.stat(running.data / "vms.db").st_uid == uid()
