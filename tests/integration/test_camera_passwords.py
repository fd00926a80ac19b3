"""Passwords of cameras, looked for in all that a real service says, writes and is started with.

Cameras that ask for a login (Basic and Digest), that refuse it, that are away, and one whose address nobody can read;
every role logs all that it can (DEBUG), libraries included, and two of them crash.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from tests.support.gst_camera import GstServer, gst_server
from tests.support.leaks import Secret, leaks, leaks_in_files
from tests.support.service import Service, live_pictures, service

REALM = "GStreamer RTSP Server"
ENV = Secret("trực-ban", 'Bưởi Năm@Roi/Sầu:Riêng?#&+"\\Ri6', (REALM,))
LITERAL = Secret("quan-tri", "XoàiCát;Hoà'Lộc,(1987)", (REALM,))
ENCODED = Secret("kỹ-thuật", "Chôm chôm@Cái/Mơn:NhãnLồng", (REALM,))
WRONG = Secret("admin", "VúSữa-Lò-Rèn", (REALM,))
AWAY = Secret("admin", "Quýt-Hồng-LaiVung")
IN_QUERY = Secret("khach", "Mận-AnPhước-HồngĐào")
IN_PATH = Secret("khach", "tlJwpbo6BòBòn")
EVERY = (ENV, LITERAL, ENCODED, WRONG, AWAY, IN_QUERY, IN_PATH)
WRITTEN = EVERY[1:]
#: Where a password that is written into the facility file comes to lie, too (docs/security.md, "Secrets").
PLACES = re.compile(r"vms\.db(-wal)?|nats/jetstream/.*|cache/(config|detector)-[a-z0-9-]+\.json")

#: In every Python of the service: all that libraries have to say is said.
LOUD = """
import logging
logging.basicConfig = lambda to=logging.basicConfig, **given: to(**{**given, "level": "DEBUG"})
logging.Logger.setLevel = lambda self, level, to=logging.Logger.setLevel: to(self, "DEBUG")
"""


def facility(basic: GstServer, digest: GstServer, **more: str) -> dict[str, Any]:
    at = f"127.0.0.1:{basic.port}"
    addresses = {
        "env": f"rtsp://${{CAM_USER}}:${{CAM_PASS}}@{at}/env",
        "literal": f"rtsp://quan-tri:XoàiCát;Hoà'Lộc,(1987)@127.0.0.1:{digest.port}/literal",
        "encoded": digest.url(
            "/encoded", "k%E1%BB%B9-thu%E1%BA%ADt:Ch%C3%B4m%20ch%C3%B4m%40C%C3%A1i%2FM%C6%A1n%3ANhãnLồng"
        ),
        "wrong": digest.url("/env", "admin:VúSữa-Lò-Rèn"),
        "away": "rtsp://admin:Quýt-Hồng-LaiVung@127.0.0.1:9/main",
        "query": f"rtsp://{at}/none?user=khach&password=Mận-AnPhước-HồngĐào&channel=1",
        "path": f"rtsp://{at}/user=khach_password=tlJwpbo6BòBòn_channel=1_stream=0.sdp",
        **more,
    }
    zone = {"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]}
    cameras = [
        {"id": name, "name": f"Camera {name}", "placement": "gate", "streams": {"main": url}, "zones": [zone]}
        for name, url in addresses.items()
    ]
    return {"facility": {"name": "Thử nghiệm"}, "sites": [{"id": "site-a", "name": "Khu A", "cameras": cameras}]}


@dataclass
class Watched:
    """A service, and all that anybody was told of it."""

    service: Service
    config: Path
    env: dict[str, str]
    servers: tuple[GstServer, GstServer]
    heard: dict[str, bytes] = field(default_factory=dict)  # by what was asked

    def ask(self, method: str, path: str, **asked: Any) -> httpx.Response:
        answer = self.service.client.request(method, path, **asked)
        self.heard[f"{method} {path} {answer.status_code}"] = str(answer.headers).encode() + answer.content
        return answer

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "vms", *arguments],
            env=self.env, check=False, capture_output=True, encoding="utf-8", timeout=120,
        )  # fmt: skip
        self.heard[f"vms {' '.join(arguments)}"] = (done.stdout + done.stderr).encode()
        return done

    def log(self) -> str:
        return self.service.log.read_text(encoding="utf-8")

    def processes(self) -> dict[str, psutil.Process]:
        assert self.service.process is not None
        found = {"supervisor": psutil.Process(self.service.process.pid)}
        for one in found["supervisor"].children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                words = one.cmdline()
                found[
                    next((role for role in ("web", "recorder", "detector", "renderer") if role in words), words[0])
                ] = one
        return found


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("passwords")
    (folder / "loud").mkdir()
    (folder / "loud" / "sitecustomize.py").write_text(LOUD, encoding="utf-8")
    small = {"size": [320, 180], "fps": 5, "gop": 5}
    with (
        gst_server({"/env": small}, logins=[[ENV.user, ENV.password]]) as basic,
        gst_server({"/literal": small, "/encoded": small, "/env": small}, digest=True,
                   logins=[[LITERAL.user, LITERAL.password], [ENCODED.user, ENCODED.password]]) as digest,
    ):  # fmt: skip
        config = folder / "facility.yaml"
        config.write_text(yaml.safe_dump(facility(basic, digest), allow_unicode=True), encoding="utf-8")
        paths = f"{folder / 'loud'}{os.pathsep}{os.environ.get('PYTHONPATH', os.getcwd())}"
        env = {
            "CAM_USER": ENV.user, "CAM_PASS": ENV.password, "CAM_HOST": "quầy℀số", "PYTHONPATH": paths,
            "PYTHONFAULTHANDLER": "1",
        }  # fmt: skip
        # Another address of this host: what goes where --host says is seen below.
        with service(folder / "data", ["up", "--config", str(config)], env=env, host="127.0.0.5") as one:
            yield Watched(one, config, {**os.environ, **env}, (basic, digest))


def test_the_search_finds_what_is_there(watched: Watched) -> None:
    assert {told.split(" as ")[0] for told in leaks(watched.config.read_bytes(), EVERY)} == {
        one.password for one in WRITTEN
    }
    assert leaks(ascii(f"rtsp://{ENV.user}:{ENV.password[:9]}").encode(), EVERY), "what was cut is found, too"
    one = watched.service
    for camera, reason in (("wrong", "unauthorized"), ("away", "unreachable"), ("query", "not_found")):
        one.wait_for(lambda c=camera, r=reason: one.camera(c)["reason"] == r, 20, f"{camera}: {reason}")
    for camera in ("env", "literal", "encoded"):
        one.wait_for(lambda c=camera: one.camera(c)["state"] == "recording", 20, f"{camera}: its password is right")
    assert "DEBUG web" in watched.log()


async def test_no_answer_of_any_route_has_one(watched: Watched) -> None:
    described = watched.ask("GET", "/api/openapi.json").json()
    now = {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T12:01:00Z", "at": "2026-03-01T12:00:00Z"}
    for path, methods in described["paths"].items():
        for camera in ("env", "literal", "wrong", "away") if "{camera}" in path else ("",):
            filled = re.sub(r"\{\w+\}", "1", path.replace("{camera}", camera))
            for method in methods:
                if (method, path) != ("delete", "/api/session"):
                    watched.ask(method.upper(), filled, params=now if method == "get" else {}, json={"x": 1})
    one = watched.service
    for camera in ("literal", "away"):
        zone = {"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [0.9, 1]]}
        rule = {"id": "r", "kind": "zone_breach", "zone": "z"}
        assert watched.ask("PUT", f"/api/cameras/{camera}/zones", json={"items": [zone]}).is_success
        assert watched.ask("PUT", f"/api/cameras/{camera}/rules", json={"items": [rule]}).is_success
        nowhere = {"items": [{**rule, "zone": "none"}]}
        assert watched.ask("PUT", f"/api/cameras/{camera}/rules", json=nowhere).status_code == 422
    for path in ("/api/cameras/none", "/api/none", "/healthz", "/readyz", "/metrics", "/", "/none"):
        watched.ask("GET", path)
    for path in ("/api/cameras/away/snapshot.jpg", "/api/audit/export.csv", "/api/audit/export.jsonl"):
        watched.ask("GET", path)
    _, pictures = await live_pictures(one, "literal", "main", 5)
    watched.heard["/ws/live"] = pictures
    async with one.socket("/ws/alerts?since=0") as alerts, one.socket("/ws/wall") as wall:
        await wall.send(json.dumps({"cameras": ["env", "literal", "wrong", "away"], "fps": 5}))
        watched.heard["/ws/wall"] = b"".join([bytes(await wall.recv(decode=False)) for _ in range(5)])
        seen = [bytes(await alerts.recv(decode=False)) for _ in range(2)]
        watched.heard["/ws/alerts"] = b"".join(seen)
    assert {"200", "404", "422"} <= {asked.rpartition(" ")[2] for asked in watched.heard}
    assert {asked: told for asked, data in watched.heard.items() if (told := leaks(data, EVERY))} == {}


def test_an_address_that_nobody_can_read_is_told_without_it(watched: Watched) -> None:
    """Python's own words for such an address hold the login."""
    broken = watched.config.with_name("broken.yaml")
    text = yaml.safe_dump(
        facility(*watched.servers, broken="rtsp://${CAM_USER}:${CAM_PASS}@${CAM_HOST}/main"), allow_unicode=True
    )
    broken.write_text(text, encoding="utf-8")
    assert watched.command("config", "import", str(broken), "--data", str(watched.service.data)).returncode == 0
    one = watched.service
    one.wait_for(
        lambda: any(c["reason"] == "configuration" for c in one.get("/api/cameras")["items"]), 20, "broken is refused"
    )
    assert "stream.failed" not in watched.log()


def test_commands_tell_none_but_the_export_what_is_written_in_the_file(watched: Watched) -> None:
    data, config = str(watched.service.data), str(watched.config)
    for url in ("rtsp://admin:VúSữa℀Lò@h/x", "rtsp://admin:a[VúSữa]@h/x", "rtsp://admin:VúSữa-Lò[@h/x"):
        odd = watched.config.with_name("odd.yaml")
        odd.write_text(config_of(url), encoding="utf-8")
        for arguments in (("config", "check", str(odd)), ("config", "import", str(odd), "--data", data)):
            assert watched.command(*arguments).returncode == 2
    checked = watched.command("config", "check", config)
    assert checked.returncode == 0
    assert "6 cameras have a password written out" in checked.stderr
    assert watched.command("config", "diff", config, "--data", data).returncode == 1
    examined = watched.command("doctor", "--config", config, "--data", data)
    assert "have a password written out" in examined.stdout
    watched.command("doctor", "--data", data)
    watched.command("audit", "verify", "--data", data)
    assert {asked: told for asked, said in watched.heard.items() if (told := leaks(said, EVERY))} == {}
    exported = watched.command("config", "export", "--data", data)
    watched.heard.popitem()
    assert leaks(exported.stdout.encode(), [ENV]) == []
    assert len({told.split(" as ")[0] for told in leaks(exported.stdout.encode(), WRITTEN)}) == len(WRITTEN)
    assert leaks(exported.stderr.encode(), EVERY) == []
    assert "6 cameras have a password written out" in exported.stderr


def config_of(url: str) -> str:
    camera = {"id": "odd", "name": "x", "placement": "gate", "streams": {"main": url}}
    return yaml.safe_dump({"facility": {"name": "x"}, "sites": [{"id": "s", "name": "S", "cameras": [camera]}]})


def test_processes_are_told_no_more_than_they_need(watched: Watched) -> None:
    for role, process in watched.processes().items():
        assert leaks("\0".join(process.cmdline()).encode(), EVERY) == [], role
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert bool(leaks(environment, [ENV])) == (role in ("supervisor", "recorder", "detector")), role
        assert leaks(environment, WRITTEN) == [], role
        limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
        assert re.search(r"Max core file size +0 ", limits), f"{role}: a core file has all that is in memory"


def test_of_all_ports_web_alone_is_where_it_was_told_to_be(watched: Watched) -> None:
    listening = {
        (role, connection.laddr.ip)
        for role, process in watched.processes().items()
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    broker = next(role for role, _ in listening if "nats-server" in role)
    assert listening == {("web", "127.0.0.5"), (broker, "127.0.0.1")}


@pytest.mark.parametrize(("role", "number"), [("recorder", signal.SIGABRT), ("detector", signal.SIGSEGV)])
def test_a_crash_tells_none(watched: Watched, role: str, number: signal.Signals) -> None:
    one = watched.service
    pid, before = one.child(role), watched.log().count("Fatal Python error")
    os.kill(pid, number)
    one.wait_for(lambda: one.child(role) not in (0, pid), 20, f"{role} is started again")
    assert watched.log().count("Fatal Python error") > before
    one.wait_for(lambda: one.camera("literal")["state"] == "recording", 30, "and works")


def test_afterwards_they_lie_in_the_places_that_are_named_and_nowhere_else(watched: Watched) -> None:
    data = watched.service.data
    assert watched.service.stop() == 0
    assert leaks(watched.service.log.read_bytes(), EVERY) == []
    assert leaks_in_files(data, [ENV]) == {}
    found = leaks_in_files(data, WRITTEN)
    assert {"vms.db", "cache/config-recorder.json"} <= found.keys(), "or what is named has changed"
    assert [name for name in found if PLACES.fullmatch(name) is None] == []
    assert [name for name in found if (data / name).stat().st_mode & 0o077] == []
    assert not list(data.rglob("core*"))
