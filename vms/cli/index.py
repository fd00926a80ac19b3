"""``vms index``: the index of recordings made whole from files and journals, and compared with them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from vms.cli.options import as_the_service, counted, data_option
from vms.domain.errors import ConfigurationError, StorageError
from vms.settings import logs
from vms.settings.environment import Environment

json_option = click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
verify_option = click.option("--verify", is_flag=True, help="Hash every file: reads all that is recorded.")


@click.group()
def index() -> None:
    """The index of recordings. Files and journals are the truth; the database is made from them."""


@index.command()
@data_option
@json_option
@verify_option
def rebuild(data: Path, as_json: bool, verify: bool) -> None:
    """Make the index whole from files and journals alone.

    Works beside a running service, and while it is stopped: then the next start tells the database. Exit code 1: there
    are differences that cannot be mended.
    """
    from recorder.index import telling
    from recorder.index.rebuild import Rebuilt, rebuild
    from recorder.index.state import cameras

    logs.configure("index", "ERROR")
    environment, root = _recordings(data)
    total, table = Rebuilt(), []
    with _recorders(environment.data) as alone:
        found = cameras(root)
        for number, (site, camera) in enumerate(found, 1):
            one = Rebuilt()
            try:
                for days, one in enumerate(  # noqa: B007
                    rebuild(root, site, camera, environment.node, now=datetime.now(UTC), alone=alone, verify=verify)
                ):
                    _progress(f"{number}/{len(found)} {camera}: {days} days")
            except Exception as err:  # noqa: BLE001  # one camera's folder must not keep the others from being mended
                one.unmended.append((f"{site}/{camera}", f"{type(err).__name__}: {err}"))
            telling.order(environment.data, site, camera)
            total.add(one)
            table.append((camera, one))
    _progress("")
    if as_json:
        click.echo(json.dumps({"alone": alone, **total.as_json()}, ensure_ascii=False))
    else:
        _print(table, total, alone)
    raise click.exceptions.Exit(1 if total.unmended else 0)


@index.command()
@data_option
@json_option
@verify_option
def audit(data: Path, as_json: bool, verify: bool) -> None:
    """Compare files, journals and clock; change nothing. Exit code 1: they differ.

    A running service also compares its database, every night at 03:30.
    """
    from recorder.index.audit import Looked, look_at, unreadable
    from recorder.index.state import cameras

    logs.configure("index", "ERROR")
    environment, root = _recordings(data)
    with _recorders(environment.data) as alone:
        pass  # to know it is enough: one that starts meanwhile is not held up
    found = cameras(root)
    differences, files, faults = [], 0, 0
    for number, (site, camera) in enumerate(found, 1):
        looked = Looked()
        try:
            for looked in look_at(root, site, camera, datetime.now(UTC), verify=verify, alone=alone):
                _progress(f"{number}/{len(found)} {camera}: {looked.files} files")
        except Exception as err:  # noqa: BLE001  # as in a rebuild
            looked = unreadable(camera, err)
        differences += looked.differences
        files, faults = files + looked.files, faults + len(looked.faults)
    _progress("")
    if as_json:
        items = [one.model_dump(mode="json", exclude={"v"}) for one in differences]
        click.echo(json.dumps({"cameras": len(found), "files": files, "differences": items}, ensure_ascii=False))
    else:
        for one in differences:
            click.echo(f"{one.camera}: {one.kind} {one.path} {one.detail}".rstrip())
        click.echo(
            f"{counted(len(found), 'camera')}, {counted(files, 'file')}, {counted(len(differences), 'difference')}."
        )
    raise click.exceptions.Exit(1 if faults else 0)


def _recordings(data: Path) -> tuple[Environment, Path]:
    from recorder.retention.mount import problem

    as_the_service(data)
    environment = Environment.read(data)
    root = environment.data / "recordings"
    if not root.is_dir():
        raise ConfigurationError(f"{data} holds no recordings: name the service's folder with --data")
    if (wrong := problem(environment.data)) is not None:  # the empty folder beneath a mount is no index
        raise StorageError(wrong)
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        raise StorageError(f"{root} cannot be read and written: give it to the user who keeps {data}")
    return environment, root


@contextlib.contextmanager
def _recorders(data: Path) -> Iterator[bool]:
    """Whether no recorder runs on this folder; each of them holds a share of the lock."""
    from recorder.pulse import LOCK

    path = data / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", err=True, nl=False)


#: Columns of the table, each as wide as its name: it fits a terminal of 120.
_COLUMNS = {
    "segments": "segments", "gaps": "gaps", "taken_in": "taken in", "closed": "closed", "missing": "missing",
    "gaps_mended": "gaps mended", "lines_refused": "lines refused", "left_to_recorder": "left alone",
}  # fmt: skip


def _print(table: list[tuple[str, Any]], total: Any, alone: bool) -> None:
    wide = max(len(name) for name in ("camera", *(name for name, _ in table)))
    click.echo("  ".join([f"{'camera':<{wide}}", *(f"{title:>8}" for title in _COLUMNS.values())]))
    for name, one in [*table, ("all", total)]:
        figures = (f"{getattr(one, column):>{max(8, len(title))}}" for column, title in _COLUMNS.items())
        click.echo("  ".join([f"{name:<{wide}}", *figures]))
    for path, reason in total.unmended:
        click.echo(f"not mended: {path}: {reason}", err=True)
    if total.unmended:
        click.echo(
            f"{counted(len(total.unmended), 'file')} left as found: move out what is none of the service's; "
            "of a damaged recording keep a copy, and restore it if there is another.",
            err=True,
        )
    click.echo(
        ("All else is whole. " if total.unmended else "The journals are whole. ")
        + ("The service tells its database when it starts." if alone else "The running service tells its database now.")
    )
