"""Somebody who may write the database's file alters the log, and `vms audit verify` says what and where."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result

from tests.support.audit_log import entries, opened, write
from vms.cli.audit import audit
from vms.domain.errors import ConfigurationError, StorageError
from web.audit.entry import canonical, hash_of
from web.database.schema_audit import AuditEntry

COUNT = 12
NAMES = ", ".join(f'"{column.name}"' for column in AuditEntry.__table__.columns)
Tamper = Callable[[sqlite3.Connection], object]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("log")
    async with opened(folder) as database:
        await write(database, COUNT)
        return folder, await entries(database)


@pytest.fixture
def data(written: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(written[0], tmp_path / "data"))


def tampered(data: Path, tamper: Tamper) -> None:
    with closing(sqlite3.connect(data / "vms.db")) as raw:
        raw.executescript("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_no_replace;")
        tamper(raw)
        raw.commit()


def verified(data: Path, *more: str) -> Result:
    return CliRunner().invoke(audit, ["verify", "--data", str(data), *more])


def renumber(raw: sqlite3.Connection, above: int, by: int) -> None:
    """The entries above a number get others: in two steps, no number is given twice."""
    raw.execute("UPDATE audit_entries SET seq = -seq - ? WHERE seq > ?", (by, above))
    raw.execute("UPDATE audit_entries SET seq = -seq WHERE seq < 0")


def swap(raw: sqlite3.Connection, one: int, other: int) -> None:
    for was, becomes in ((one, -1), (other, one), (-1, other)):
        raw.execute("UPDATE audit_entries SET seq = ? WHERE seq = ?", (becomes, was))


def row(raw: sqlite3.Connection, seq: int) -> dict[str, Any]:
    raw.row_factory = sqlite3.Row
    return dict(raw.execute(f"SELECT {NAMES} FROM audit_entries WHERE seq = ?", (seq,)).fetchone())


def put(raw: sqlite3.Connection, values: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(values))
    raw.execute(f"INSERT OR REPLACE INTO audit_entries ({NAMES}) VALUES ({marks})", tuple(values.values()))


def rehash(raw: sqlite3.Connection, first: int, last: int, **changed: Any) -> None:
    """What a knowing hand does: the first entry says something else, and each hash is made to fit."""
    for seq in range(first, last + 1):
        values = row(raw, seq) | (changed if seq == first else {})
        if seq > 1:
            values["prev"] = row(raw, seq - 1)["hash"]
        said = {name: value for name, value in values.items() if name not in ("prev", "hash")}
        said["at"] = "2027-01-15T08:00:00.000Z"
        said["detail"] = json.loads(values["detail"])
        put(raw, values | {"hash": hash_of(values["prev"], canonical(said))})


def insert_forged(raw: sqlite3.Connection, at: int, *, hashed: bool) -> None:
    renumber(raw, at - 1, 1)
    put(raw, row(raw, at - 1) | {"seq": at, "camera": "forged"})
    if hashed:
        rehash(raw, at, at)


CASES: dict[str, tuple[Tamper, int, str]] = {
    "a camera": (lambda raw: raw.execute("UPDATE audit_entries SET camera = 'x' WHERE seq = 5"), 5, "changed"),
    "a user to nobody": (lambda raw: raw.execute('UPDATE audit_entries SET "user" = NULL WHERE seq = 1'), 1, "changed"),
    "a moment": (lambda raw: raw.execute("UPDATE audit_entries SET at = at + 1 WHERE seq = 12"), 12, "changed"),
    "a detail": (
        lambda raw: raw.execute("""UPDATE audit_entries SET detail = '{"reason":"x"}' WHERE seq = 6"""), 6, "changed",
    ),
    "blanks": (lambda raw: raw.execute("UPDATE audit_entries SET detail = detail || ' ' WHERE seq = 6"), 6, "changed"),
    "nonsense": (lambda raw: raw.execute("UPDATE audit_entries SET at = 'x', detail = 1 WHERE seq = 7"), 7, "changed"),
    "no text": (
        lambda raw: raw.execute("UPDATE audit_entries SET camera = CAST(x'ff' AS TEXT) WHERE seq = 5"), 5, "changed",
    ),
    "no text for a hash": (
        lambda raw: raw.execute("UPDATE audit_entries SET prev = CAST(x'ff' AS TEXT) WHERE seq = 5"), 5, "changed",
    ),
    "a hash": (lambda raw: raw.execute("UPDATE audit_entries SET hash = 'ab' WHERE seq = 4"), 4, "changed"),
    "with its hash": (lambda raw: rehash(raw, 5, 5, camera="x"), 5, "changed"),
    "one deleted": (lambda raw: raw.execute("DELETE FROM audit_entries WHERE seq = 5"), 5, "missing"),
    "some deleted": (lambda raw: raw.execute("DELETE FROM audit_entries WHERE seq IN (3, 4, 9)"), 3, "missing"),
    "the first deleted": (lambda raw: raw.execute("DELETE FROM audit_entries WHERE seq < 3"), 1, "missing"),
    "deleted and renumbered": (
        lambda raw: (raw.execute("DELETE FROM audit_entries WHERE seq IN (5, 6)"), renumber(raw, 6, -2)), 5, "missing",
    ),
    "inserted": (lambda raw: insert_forged(raw, 5, hashed=False), 5, "inserted"),
    "inserted with a hash": (lambda raw: insert_forged(raw, 5, hashed=True), 5, "inserted"),
    "inserted before all": (lambda raw: put(raw, row(raw, 1) | {"seq": 0}), 0, "inserted"),
    "appended far off": (lambda raw: put(raw, row(raw, 1) | {"seq": 2**60}), COUNT + 1, "missing"),
    "neighbours swapped": (lambda raw: swap(raw, 5, 6), 5, "reordered"),
    "far ones swapped": (lambda raw: swap(raw, 3, 11), 3, "reordered"),
    "the last two swapped": (lambda raw: swap(raw, 11, 12), 11, "reordered"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_was_altered_is_named(data: Path, name: str) -> None:
    tamper, seq, what = CASES[name]
    tampered(data, tamper)
    done = verified(data)
    assert done.exit_code == 1, done.output
    assert done.output.startswith(f"entry {seq}: {what}: "), done.output


def test_a_database_of_another_version_stays_as_it_is(data: Path) -> None:
    with closing(sqlite3.connect(data / "vms.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0010'")
        raw.commit()
    before = (data / "vms.db").read_bytes()
    done = verified(data)
    assert isinstance(done.exception, ConfigurationError)
    assert "is of version 0010, this program is for 00" in str(done.exception)
    assert (data / "vms.db").read_bytes() == before


def test_what_was_not_altered_is_whole(data: Path) -> None:
    before = (data / "vms.db").stat()
    (data / "vms.db").chmod(0o400)
    done = verified(data)
    assert (data / "vms.db").stat().st_mtime_ns == before.st_mtime_ns
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "The audit log is whole: 12 entries, 0 day roots.")
    assert "day roots from outside" in done.output


def root(folder: Path, seq: int, hashed: str, day: str) -> None:
    folder.mkdir(exist_ok=True)
    text = json.dumps(
        {"v": 1, "facility": "F", "day": day, "seq": seq, "hash": hashed, "at": "2027-01-15T17:00:05.000Z"}
    )
    (folder / f"vms-audit-{day}-{seq}-{hashed[:12]}.json").write_text(text, encoding="utf-8")


@pytest.fixture
def roots(written: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> Path:
    for seq, day in ((4, "2027-01-14"), (10, "2027-01-15")):
        root(tmp_path / "roots", seq, written[1][seq - 1]["hash"], day)
    return tmp_path / "roots"


def cut(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM audit_entries WHERE seq > 8")


def test_a_whole_chain_fits_its_roots(data: Path, roots: Path) -> None:
    done = verified(data, "--roots", str(roots))
    assert (done.exit_code, done.output) == (0, "The audit log is whole: 12 entries, 2 day roots.\n")


def test_a_cut_off_end_is_seen_with_roots_alone(data: Path, roots: Path) -> None:
    tampered(data, cut)
    assert verified(data).exit_code == 0
    done = verified(data, "--roots", str(roots))
    assert done.exit_code == 1
    assert done.output.startswith("entry 9: cut off: the log ends at 8, the day root of 2027-01-15 is of entry 10")


def test_all_made_anew_is_seen_with_roots_alone(data: Path, roots: Path) -> None:
    tampered(data, lambda raw: rehash(raw, 6, COUNT, camera="x"))
    assert verified(data).exit_code == 0, "every hash fits"
    done = verified(data, "--roots", str(roots))
    assert done.exit_code == 1
    assert done.output.startswith("entry 5: changed: the day root of 2027-01-15 has another hash for entry 10")


def test_what_cannot_be_read_is_neither_whole_nor_altered(data: Path, tmp_path: Path, roots: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "vms-audit-x.json").write_text("{}", encoding="utf-8")
    for folder, why in (("nowhere", "no day roots"), ("empty", "no day roots"), ("bad", "is no day root: KeyError")):
        done = verified(data, "--roots", str(tmp_path / folder))
        assert isinstance(done.exception, ConfigurationError)  # exit code 2: see vms.cli.main
        assert why in str(done.exception)
    assert isinstance(verified(tmp_path / "empty").exception, ConfigurationError)
    whole = (data / "vms.db").read_bytes()
    (data / "vms.db").write_bytes(whole[: len(whole) // 2])
    done = verified(data)
    assert isinstance(done.exception, (ConfigurationError, StorageError)), done.output
