"""The doctor's findings on this machine, with broken parts, and for cameras that answer in many ways."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from vms import doctor
from vms.doctor import Finding, cameras, examine, machine, parts
from vms.domain.facility import Facility
from vms.ingest import opening

SECRET = "s3cret-of-the-cameras"
SDP = "v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
ANSWERS = {
    "/good": f"200 OK\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}",
    "/login": '401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n',
    "/gone": "404 Not Found\r\n\r\n",
    "/elsewhere": "302 Found\r\nLocation: rtsp://127.0.0.1/x\r\n\r\n",
    "/audio": "200 OK\r\nContent-Length: 5\r\n\r\nv=0\r\n",
}


@pytest.fixture
def camera_port() -> Iterator[int]:
    """A loopback server that answers DESCRIBE by its path."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

        def answer(link: socket.socket) -> None:
            with link, contextlib.suppress(OSError):
                while request := link.recv(4096).decode():
                    path = "/" + request.split()[1].split("/", 3)[3]
                    link.sendall(f"RTSP/1.0 {ANSWERS[path]}".encode())

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def camera(name: str, main: str, sub: str | None = None, *, enabled: bool = True) -> dict[str, object]:
    streams = {"main": main} | ({"sub": sub} if sub else {})
    return {"id": name, "name": name, "placement": "gate", "streams": streams, "enabled": enabled}


def facility(*items: dict[str, object]) -> Facility:
    return Facility.model_validate(
        {"facility": {"name": "x"}, "sites": [{"id": "s", "name": "s", "cameras": list(items)}]}
    )


def test_every_camera_is_asked_and_each_answer_has_a_remedy(camera_port: int) -> None:
    base = f"rtsp://viewer:${{PASS}}@127.0.0.1:{camera_port}"
    found = cameras.check(
        facility(
            camera("good", f"{base}/good", f"{base}/good"),
            camera("nosub", f"{base}/good"),
            camera("login", f"{base}/login", f"{base}/login"),
            camera("half", f"{base}/good", f"{base}/gone"),
            camera("elsewhere", f"{base}/elsewhere"),
            camera("audio", f"{base}/audio"),
            camera("closed", "rtsp://viewer:${PASS}@127.0.0.1:9/x", "rtsp://viewer:${PASS}@127.0.0.1:9/y"),
            camera("unset", "rtsp://${NOBODY}@127.0.0.1/x"),
            camera("off", f"{base}/gone", enabled=False),
            camera("cloud", "rtsp://0xa9fea9fe/x"),
        ),
        {"PASS": SECRET},
    )
    by_name = {one.subject.removeprefix("camera "): one for one in found}
    levels = {name: one.level for name, one in by_name.items()}
    assert levels == {
        "good": "ok", "nosub": "ok", "login": "problem", "half": "problem", "elsewhere": "problem",
        "audio": "problem", "closed": "problem", "unset": "warning", "off": "ok", "cloud": "problem",
    }  # fmt: skip
    assert by_name["good"].text == "main h264, sub h264"
    assert "no sub stream" in by_name["nosub"].text
    assert "user and password" in by_name["login"].remedy
    assert by_name["half"].text == "main h264, sub: not_found: RTSP status 404 to DESCRIBE"
    assert "correct the path" in by_name["half"].remedy
    assert by_name["closed"].text.count("unreachable") == 1  # the second stream of a dead camera is not waited for
    assert "NOBODY" in by_name["unset"].text
    assert "0xa9fea9fe (169.254.169.254) is link-local or a cloud's metadata service" in by_name["cloud"].text
    assert all(one.remedy for one in found if one.level == "problem")
    assert SECRET not in repr(found)


def test_a_silent_camera_holds_up_no_other(camera_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        quiet = [camera(f"quiet-{i}", f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x") for i in range(12)]
        began = time.monotonic()
        found = cameras.check(facility(*quiet, camera("good", f"rtsp://127.0.0.1:{camera_port}/good")), {})
    assert time.monotonic() - began < 12 * opening.TIMEOUT_S / 2  # one after the other would take twice that
    assert [one.level for one in found] == ["problem"] * 12 + ["ok"]
    assert found[0].text.startswith("main: timeout")


def test_this_machine(tmp_path: Path) -> None:
    data = tmp_path / "not" / "yet"
    found = examine(None, data, {}, port=free_port())
    subjects = [one.subject for one in found]
    assert {"Python", "machine", "disk", "data folder", "clock", "nats-server", "person model"} <= set(subjects)
    assert not [one for one in found if one.level == "problem" and one.subject not in ("dashboard", "disk")]
    assert not data.exists()
    assert not list(tmp_path.iterdir())


def test_a_broken_configuration_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("facility: {name: x}\nsite: []\n", encoding="utf-8")
    finding = examine(path, tmp_path, {}, port=free_port())[-1]
    assert (finding.level, finding.subject) == ("problem", "configuration")
    assert "unknown key 'site'; did you mean 'sites'?" in finding.text


def test_configuration_and_cameras(tmp_path: Path, camera_port: int) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "facility: {name: x}\nsites:\n  - id: s\n    name: s\n    cameras:\n"
        f'      - {{id: a, name: a, placement: gate, streams: {{main: "rtsp://u:${{PASS}}@127.0.0.1:{camera_port}/good"}}}}\n',
        encoding="utf-8",
    )
    good = examine(path, tmp_path, {"PASS": SECRET}, port=free_port())
    assert [one.level for one in good[-2:]] == ["ok", "ok"]
    assert good[-1].subject == "camera a"
    unset = examine(path, tmp_path, {}, port=free_port())
    assert (unset[-2].level, unset[-2].subject) == ("problem", "environment")
    assert "PASS" in unset[-2].text
    assert unset[-1].level == "warning"


def test_a_busy_port_and_a_strange_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        busy = machine.port_free("127.0.0.1", server.getsockname()[1])
    assert busy.level == "warning"
    assert "--port" in busy.remedy
    assert machine.port_free("192.0.2.1", free_port()).level == "problem"


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert machine.writable(file).level == "problem"
    assert machine.writable(file / "below").level == "problem"


def test_a_data_folder_that_is_there_or_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    assert machine.writable(Path("data")).text == "data can be written"
    missing = machine.writable(Path("data", "not", "yet"))
    assert missing.text.endswith(f"it can be created in {tmp_path / 'data'}")
    assert machine.writable(Path("/proc/not/yet")).level == "problem"


@pytest.mark.parametrize(("free", "level"), [(2**30, "problem"), (20 * 2**30, "warning"), (2**43, "ok")])
def test_room_on_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, level: str) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: type("U", (), {"free": free}))
    assert machine.disk(tmp_path, 115).level == level


def test_a_network_file_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mount = type("M", (), {"mountpoint": str(tmp_path), "fstype": "nfs4"})
    monkeypatch.setattr(machine.psutil, "disk_partitions", lambda all: [mount])
    assert machine.file_system(tmp_path / "data").level == "problem"


def test_the_bus_of_the_environment(camera_port: int) -> None:
    login = f"nats://admin:{SECRET}@127.0.0.1"
    for url, part in {f"{login}:9": "does not answer", f"{login}:x": "no URL"}.items():
        finding = parts.bus({"VMS_NATS_URL": url})
        assert finding.level == "problem"
        assert part in finding.text
        assert SECRET not in repr(finding)


def test_ways_out_of_the_house() -> None:
    found = parts.ways_out({})
    assert found.level == "warning"
    assert all(name in found.text for name in ("VMS_NOTIFY_<NAME>", "VMS_PUBLIC_URL", "VMS_NOTIFY_CANARY"))
    named = {
        "VMS_NOTIFY_MAIL": "mailtos://u:secret-word@mail.example?to={address}",
        "VMS_PUBLIC_URL": "https://vms.example",
    }
    found = parts.ways_out({**named, "VMS_NOTIFY_CANARY": "jsons://monitor.example/alive"})
    assert (found.level, found.text) == ("ok", "gateways: mail; https://vms.example")
    found = parts.ways_out({"VMS_NOTIFY_MAIL": "mailtos://u:secret-word@mail.example"})
    assert (found.level, "secret-word" in found.text + found.remedy) == ("problem", False)


def test_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from detectors import models

    monkeypatch.setattr(models, "WEIGHTS", tmp_path)
    assert parts.model(tmp_path, {}).level == "warning"
    assert "no folder" in parts.model(tmp_path, {"VMS_MODELS_DIR": str(tmp_path / "none")}).text
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "yolox_nano.onnx").touch()
    assert "YOLOX-nano" in parts.model(tmp_path, {}).text


def test_no_finding_carries_a_credential() -> None:
    finding = Finding("problem", "x", f"rtsp://u:{SECRET}@h/", f"see rtsp://u:{SECRET}@h/?password={SECRET}")
    assert SECRET not in repr(finding)


def test_public_names() -> None:
    assert set(doctor.__all__) == {"Finding", "Level", "examine"}
