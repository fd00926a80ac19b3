"""``vms demo``: simulated cameras as one more process, and the facility file that fits them.

The cameras' port is chosen here and written into the facility before anything starts, so that the other
processes find them at once and again after a restart.
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vms.demo.facility import PASSWORD_VARIABLE, USER_VARIABLE, facility_yaml
from vms.demo.phones import VARIABLE, gateway
from vms.demo.plan import DemoSpec
from vms.demo.service import plans_of
from vms.settings.environment import LOOPBACK
from vms.supervisor.child import ChildSpec

Say = Callable[[str], None]

#: Alerts of a demo are to be seen one by one, to open and to end: visits to drawn cameras leave such a pause (seconds).
QUIET_S = 72.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """The facility file, whether it is another than last time's, the simulated devices' ports, and what names them."""

    facility: Path
    changed: bool
    rtsp_port: int
    phones_port: int
    variables: tuple[tuple[str, str], ...]


def prepare_demo(
    cameras: int, sites: int | None, videos: tuple[Path, ...], footage: Path | None, h265: int, data: Path
) -> Prepared:
    """Writes the facility file and chooses the cameras' port and password."""
    folder = data / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    port = _port(folder / "port")
    spec = DemoSpec(
        cameras=cameras, sites=sites, rtsp_port=port, data=data, videos=videos, footage=footage, h265=h265,
        quiet_s=QUIET_S,
    )  # fmt: skip
    path = folder / "facility.yaml"
    text = facility_yaml(plans_of(spec), port, credentials=True)
    changed = not path.exists() or path.read_text(encoding="utf-8") != text or not (data / "vms.db").exists()
    path.write_text(text, encoding="utf-8")
    phones = _port(folder / "phones-port")
    login = (USER_VARIABLE, "demo"), (PASSWORD_VARIABLE, _password(folder / "password"))
    return Prepared(path, changed, port, phones, (*login, (LOOPBACK, "1"), (VARIABLE, gateway(phones))))


def cameras_child(
    cameras: int, sites: int | None, videos: tuple[Path, ...], h265: int, data: Path, made: Prepared,
    env: dict[str, str], say: Say, dashboard: str,
) -> ChildSpec:  # fmt: skip
    """The process that serves the cameras. Its last word names the ``dashboard`` again: many lines came between."""
    argv = [sys.executable, "-m", "vms.demo", "--cameras", str(cameras), "--rtsp-port", str(made.rtsp_port)]
    argv += ["--data", str(data), "--phones-port", str(made.phones_port)]
    argv += ["--quiet", f"{QUIET_S:g}"]
    argv += ["--h265", str(h265)] if h265 else []
    argv += ["--sites", str(sites)] if sites is not None else []
    argv += ["--video", *(str(video) for video in videos)] if videos else []

    def line(text: str) -> None:
        try:
            event = json.loads(text)
        except ValueError:
            return
        if event.get("event") == "ready":
            say(f"camera {event['camera']} is on the air")
        elif event.get("event") == "push":
            say(f"{event['to']}'s telephone: {event['title']}")
        elif event.get("event") == "all_ready":
            say(f"all {event['cameras']} cameras are on the air ({event['seconds']} s); log in at {dashboard}")

    return ChildSpec("cameras", tuple(argv), env, beats=False, on_line=line)


def _port(path: Path) -> int:
    """The port of last time where it is free: the recordings' configuration names it."""
    wanted = int(text) if path.exists() and (text := path.read_text(encoding="utf-8").strip()).isdigit() else 0
    for candidate in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            port: int = probe.getsockname()[1]
            path.write_text(str(port), encoding="utf-8")
            return port
    raise AssertionError("unreachable: port 0 always binds")


def _password(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()
