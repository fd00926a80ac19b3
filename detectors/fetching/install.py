"""``vms models fetch`` without the command line: what is wanted, step by step, until it lies where it is looked for.

Everything is done in a hidden folder beside the target and moved there last, whole: what is half done is never found
by a detector, and a file that is there is never written over.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from detectors.catalogue import Model
from detectors.fetching import conversion
from detectors.fetching.conversion import Precision
from detectors.fetching.download import Bounds, Tell, download
from detectors.fetching.errors import FetchError
from detectors.inference.openvino import ModelBroken, OpenVinoBackend, Runtime
from vms.domain.clock import Clock
from vms.domain.errors import ConfigurationError

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: ``model`` in ``folder``; from ``mirror`` (a URL that the file's name is put behind).

    ``sha256`` (lower case): the digest that the operator vouches for, in place of those that are known.
    ``precision`` and ``pictures`` concern models that are converted.
    """

    model: Model
    folder: Path
    mirror: str | None = None
    sha256: str | None = None
    precision: Precision = "f16"
    pictures: Path | None = None

    @property
    def url(self) -> str:
        """Where the file is got."""
        source = self.model.source
        return source.url if self.mirror is None else f"{self.mirror.rstrip('/')}/{source.file}"

    @property
    def accepted(self) -> tuple[str, ...]:
        """The digests that are taken."""
        return (self.sha256,) if self.sha256 is not None else tuple(file.sha256 for file in self.model.source.files)


@dataclass(frozen=True, slots=True)
class Means:
    """How a fetch is done and whom it tells."""

    clock: Clock
    pause: Callable[[float], None]
    tell: Tell
    say: Say
    bounds: Callable[[int], Bounds] = Bounds  # from the most bytes


def fetch(wish: Wish, means: Means) -> Path:
    """Brings the model; the path of what the detector loads.

    Raises ``ConfigurationError`` for a wish that cannot be met as it is, ``FetchError`` when it does not come, is not
    what was asked for, or does not run here.
    """
    check(wish)
    try:
        return _converted(wish, means) if wish.model.source.converted else _as_it_is(wish, means)
    except OSError as err:
        raise FetchError(f"{err.filename or wish.folder} cannot be written: {err.strerror or err}") from err


def check(wish: Wish) -> None:
    """Raises ``ConfigurationError`` for what is wrong before anything is done."""
    source = wish.model.source
    if not source.url:
        raise ConfigurationError(f"{wish.model.name} is not fetched: {source.comes}")
    if not wish.accepted:
        raise ConfigurationError(
            f"no SHA-256 is known for {source.file}: ask its maker for it ({source.page}) and name it with --sha256"
        )
    try:
        parts = urlsplit(wish.url)
        good = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0 and "@" not in wish.url
        )
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError("--from names a folder of a mirror: http(s)://HOST[:PORT][/PATH], without a login")


def _as_it_is(wish: Wish, means: Means) -> Path:
    target = wish.folder / wish.model.source.file
    if _there(target, wish, means):
        return target
    with _stage(wish) as stage:
        file = _download(wish, stage, means)
        _try_out(wish.model, file, means)
        return _put(file, target)


def _converted(wish: Wish, means: Means) -> Path:
    weights = wish.folder / wish.model.source.file
    stem, suffix = weights.stem, "_int8_openvino" if wish.precision == "int8" else "_openvino"
    target = wish.folder / f"{stem}{suffix}"
    if (model := target / f"{stem}.xml").is_file():
        means.say(f"{model} is there already; to convert anew, move its folder away first")
        return model
    with _stage(wish) as stage:
        library = conversion.prepare(wish.precision, wish.pictures, stage)
        if not _there(weights, wish, means):
            _put(_download(wish, stage, means), weights)
        means.say(f"converting {weights} ({wish.precision}) …")
        made = conversion.convert(library, weights, wish.precision, wish.pictures, stage)
        _try_out(wish.model, made / f"{stem}.xml", means)
        _put(made, target)
    return model


def _there(target: Path, wish: Wish, means: Means) -> bool:
    """Whether the file is there. Raises ``FetchError`` when another one is in its place."""
    if not target.exists():
        return False
    if (found := digest(target)) in wish.accepted:
        means.say(f"{target} is there already: {_what(wish, found)}")
        return True
    raise FetchError(f"{target} is there, but another file (SHA-256 {found}): move it away first; it was left as it is")


def _download(wish: Wish, stage: Path, means: Means) -> Path:
    """The checked file in ``stage``."""
    part, source = stage / f"{wish.model.source.file}.part", wish.model.source
    for again in (True, False):
        resumed = part.is_file() and part.stat().st_size > 0
        means.say(f"{wish.url} → {wish.folder}{', going on with what came before' if resumed else ''}")
        download(wish.url, part, means.bounds(source.most), means.clock, means.pause, means.tell)
        found = digest(part)
        if found in wish.accepted:
            means.say(f"SHA-256 {found}: {_what(wish, found)}")
            return part.rename(stage / source.file)
        part.unlink()
        if not (resumed and again):
            break
        means.say("the two parts do not fit each other: once more from the start")
    remedy = (
        ""
        if wish.sha256
        else "; try another source (--from), or, when its maker confirms the first, name it with --sha256"
    )
    raise FetchError(
        f"{wish.url} is not the file that is known: SHA-256 {found}, expected {' or '.join(wish.accepted)}; "
        f"nothing was installed{remedy}"
    )


def _what(wish: Wish, found: str) -> str:
    known = wish.model.source.known(found)
    return known.what if known is not None else "the one named with --sha256"


def _try_out(model: Model, file: Path, means: Means) -> None:
    """Runs it once. Raises ``FetchError`` when it does not run on this machine."""
    try:
        backend = OpenVinoBackend(model.name, file, model.adapter(), model.confidence, model.keep, Runtime())
    except ModelBroken as err:
        raise FetchError(f"what came does not run on this machine, nothing was installed: {err}") from err
    means.say(f"it runs on this machine ({backend.name}, {backend.precision})")


def _put(made: Path, target: Path) -> Path:
    """Moves ``made``, a file or a folder, to ``target`` in one step and makes it last."""
    for path in (made, *made.rglob("*")) if made.is_dir() else (made,):
        _sync(path)
    made.rename(target)
    _sync(target.parent)
    return target


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _stage(wish: Wish) -> Iterator[Path]:
    """The folder where the work is done, for one fetch at a time. Only a download that broke off stays in it."""
    stage = wish.folder / f".{wish.model.name}.fetch"
    stage.mkdir(parents=True, exist_ok=True)
    lock = os.open(stage, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise FetchError(f"{wish.model.name} is being fetched to {wish.folder} by another process") from err
        _clear(stage)  # what a killed one left
        try:
            yield stage
        finally:
            _clear(stage)
            if not any(stage.iterdir()):
                stage.rmdir()
    finally:
        os.close(lock)


def _clear(stage: Path) -> None:
    for path in stage.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix != ".part" or not path.stat().st_size:
            path.unlink()


def digest(path: Path) -> str:
    """SHA-256 of a file, lower case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
