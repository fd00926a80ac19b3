"""What all tests share: the folder beside the checkout, real servers, and the rule that CI skips nothing."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from sqlalchemy import Connection, StaticPool, create_engine, inspect

from tests.support.figures import Figures
from tests.support.gst_camera import PYTHON, GstServer
from tests.support.nats_bus import NatsServer, nats_server
from tests.support.recorded import Recordings
from vms.bus.connection import Bus
from web.accounts import passwords
from web.database import migrate

SHARED = Path(__file__).resolve().parents[2] / "shared"
RELIABILITY = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
FIGURES = Figures()
_BINDINGS = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def pytest_configure() -> None:
    """The service of whoever runs the tests is none of their business; models and footage may be named."""
    for name in [name for name in os.environ if name.startswith("VMS_")]:
        if name not in ("VMS_MODELS_DIR", "VMS_DEMO_FOOTAGE"):
            del os.environ[name]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``make faults`` gives both."""
    parser.addoption("--long", action="store_true", help="the long forms of the tests of faults")
    parser.addoption("--keep-figures", action="store_true", help="write measured figures to docs/reliability.md")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command that runs in this process sets up logging for its own."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Hundreds of tests log in: with what a real hash costs (0.2 s of a core) that were the half of their time.

    The same Argon2id, with less of everything; what runs in processes of its own has it as it is.
    """
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords._DUMMY = passwords._hasher.hash("x" * 16)


@pytest.fixture(scope="session", autouse=True)
def _quick_databases() -> None:
    """A thousand tests open a new SQLite: each gets at once what the migrations left in one, instead of all of them.

    Whatever is no empty SQLite is migrated as ever, and so is what runs in processes of its own.
    """
    really = migrate.upgrade
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as made:
        really(made)
    with engine.connect() as made:
        raw = made.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        statements = [one for one in raw.iterdump() if one not in ("BEGIN TRANSACTION;", "COMMIT;")]
    engine.dispose()

    def upgrade(connection: Connection) -> None:
        if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
            really(connection)
            return
        for one in statements:
            connection.exec_driver_sql(one)

    migrate.upgrade = upgrade


@pytest.fixture(scope="session")
def figure() -> Figures:
    """``figure(row, fault, found, aim, rounds)``: notes what a test of faults measured."""
    return FIGURES


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long form of the test is wanted."""
    return bool(request.config.getoption("--long"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures of this run."""
    if not FIGURES.found:
        return
    terminalreporter.section("figures")
    for line in FIGURES.lines():
        terminalreporter.write_line(line)
    if config.getoption("--keep-figures"):
        FIGURES.keep(RELIABILITY)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """CI has everything that tests ask for, so a skip there is a failure; only ``../shared`` may be missing."""
    report = yield
    if os.environ.get("CI") == "true" and SHARED.is_dir() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout (models, footage). A test with it must have a sister that needs no such folder."""
    if not SHARED.is_dir():
        pytest.skip("there is no ../shared beside this checkout")
    return SHARED


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A real nats-server with JetStream, synced at every message; ``kill`` and ``start`` keep port and files."""
    with nats_server(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder; its recordings are ``recordings``."""
    return tmp_path / "data"


@pytest.fixture
def recordings(data: Path) -> Iterator[Recordings]:
    """Files and journals as a recorder leaves them, in ``data``."""
    one = Recordings(data / "recordings")
    yield one
    one.close()


@pytest_asyncio.fixture
async def bus(nats: NatsServer) -> AsyncIterator[Bus]:
    """A client of ``nats`` with all streams and buckets there."""
    one = await Bus.connect(nats.address, "test")
    await one.keep_storage()
    yield one
    await one.close()


@pytest.fixture(scope="session")
def gstreamer() -> None:
    """Skips where the system's Python lacks GStreamer's RTSP server."""
    try:
        subprocess.run([PYTHON, "-c", _BINDINGS], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        pytest.skip(f"{PYTHON} has no GstRtspServer: apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi")


@pytest.fixture
def gst_rtsp(gstreamer: None) -> Iterator[Callable[..., GstServer]]:
    """``gst_rtsp({"/cam": {"codec": "h264"}}, user=…, password=…)`` starts one; all are gone after the test."""
    servers: list[GstServer] = []

    def make(mounts: dict[str, dict[str, Any]], **spec: Any) -> GstServer:
        server = GstServer(mounts, **spec)
        servers.append(server)
        server.start()
        return server

    yield make
    for server in servers:
        server.kill()
