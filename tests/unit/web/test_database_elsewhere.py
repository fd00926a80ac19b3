"""A database on another host: whether the line is encrypted is stated in its URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from web.database.elsewhere import check_line
from web.database.engine import Database


@pytest.mark.parametrize(
    "rest",
    [
        "10.0.0.5/vms",
        "db:5432/vms",
        "db/vms?ssl=",
        "db/vms?ssl=prefer",
        "db/vms?sslmode=allow",
        "[2001:db8::1]/vms",
        "/vms?host=10.0.0.5",
        "/vms?host=/run&host=10.0.0.5",
    ],
)
async def test_a_line_of_which_nothing_is_said_is_refused_in_one_line(tmp_path: Path, rest: str) -> None:
    for driver in ("postgresql", "postgresql+asyncpg"):
        env = {"VMS_DATABASE_URL": f"{driver}://vms:geheim@{rest}"}
        with pytest.raises(ConfigurationError, match=r"another host: add \?ssl=verify-full") as told:
            await Database.open(Environment.read(tmp_path, env))
        assert "geheim" not in str(told.value)
        assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@db/vms?ssl=verify-full", "postgresql+psycopg://u:p@db/vms?sslmode=require",
        "postgresql://u:p@db/vms?ssl=disable", "postgresql://u:p@127.0.0.1:5432/vms", "postgresql://u:p@[::1]/vms",
        "postgresql://u:p@localhost/vms", "postgresql://u:p@/vms?host=/run/postgresql", "postgresql:///vms",
        "sqlite+aiosqlite:////data/vms.db", "no url",
    ],
)  # fmt: skip
def test_one_that_is_stated_or_stays_on_this_host_is_taken(url: str) -> None:
    check_line(url)
