"""``vms models fetch``: one model from its maker, or from a mirror, into the folder where the detector looks."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from vms.cli.options import as_the_service, data_option
from vms.domain.clock import SystemClock
from vms.domain.errors import ConfigurationError
from vms.settings import logs
from vms.settings.environment import Environment

if TYPE_CHECKING:
    from detectors.catalogue import Model

_MIB = 1024 * 1024


@click.command()
@click.argument("name")
@data_option
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Put it there; without it VMS_MODELS_DIR, else DATA/models.")  # fmt: skip
@click.option("--from", "mirror", metavar="URL", default=None,
              help="A mirror's folder in place of the maker's; the file's name is put behind it.")  # fmt: skip
@click.option("--sha256", metavar="HEX", default=None, help="Take the file with this digest: you vouch for it.")
@click.option("--precision", type=click.Choice(["f16", "int8"]), default="f16", show_default=True,
              help="Of a model that is converted (yolo11n).")  # fmt: skip
@click.option("--pictures", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="Pictures of your cameras that int8 is fitted to.")  # fmt: skip
def fetch(
    name: str, data: Path, folder: Path | None, mirror: str | None, sha256: str | None,
    precision: Literal["f16", "int8"], pictures: Path | None,
) -> None:  # fmt: skip
    """Get the model NAME, check it, try it on this machine, and put it where the detector finds it.

    A file that is not the known one, byte for byte, is not installed (exit code 1, both digests are named). A download
    that breaks off is taken up again, also by the next run. Proxies: https_proxy, http_proxy, no_proxy.
    """
    from detectors.fetching.install import Means, Wish
    from detectors.fetching.install import fetch as get

    logs.configure("models", "ERROR")
    model = _model(name)
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise click.BadParameter("64 hexadecimal digits are wanted", param_hint="--sha256")
    if not model.source.converted and (precision != "f16" or pictures is not None):
        raise click.UsageError(
            f"{name} is taken as it is: --precision and --pictures are for models that are converted"
        )
    wish = Wish(
        model, folder.absolute() if folder is not None else _usual(data), mirror,
        sha256.lower() if sha256 is not None else None, precision, pictures,
    )  # fmt: skip
    line = _Line()
    path = get(wish, Means(SystemClock(), time.sleep, line.tell, line.say))
    line.say(f"{name} is at {path}; a detector that runs takes it at its next start")


def _model(name: str) -> Model:
    from detectors.catalogue import CATALOGUE, named

    model = named(name)
    if model is None:
        raise ConfigurationError(
            f"model '{name}' is unknown: {', '.join(model.name for model in CATALOGUE)}"
            + ("; a .pt of your own needs no fetching: put it into the models folder" if name.endswith(".pt") else "")
        )
    return model


def _usual(data: Path) -> Path:
    """Where the detector looks first."""
    environment = Environment.read(data, os.environ)
    if environment.models_dir is not None:
        return environment.models_dir
    if not data.is_dir():
        raise ConfigurationError(f"{data} is no folder: name the service's with --data, or another one with --to")
    as_the_service(data)
    return environment.data / "models"


class _Line:
    """Progress on a terminal's last line; elsewhere what is said alone."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = False
        self._next = 0.0

    def tell(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if not self._live or (now < self._next and done != total):
            return
        self._next = now + 0.2
        of = f" of {total / _MIB:.1f}" if total is not None else ""
        click.echo(f"\r{done / _MIB:.1f}{of} MiB   ", nl=False, err=True)
        self._shown = True

    def say(self, text: str) -> None:
        if self._shown:
            click.echo(err=True)
            self._shown = False
        click.echo(text)
