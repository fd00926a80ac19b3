"""Main and sub renditions of each demo camera's loop, as MP4 files under ``DATA/demo``, kept between starts.

Belongs here: encoding, the cache and the order of preparation. Not here: where pictures come from (``sources``),
how packets are sent (``packets``, ``camera``).

A camera's files are ``<camera>.<key>.main.mp4``, ``….sub.mp4`` and ``….json``; the key is a hash over the source's
bytes and every parameter, and the JSON is written last, so that it stands only beside whole files.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av.video.stream import VideoStream

from vms.demo.counter import Image, Stamp
from vms.demo.plan import CameraPlan, Codec, DemoSpec, SceneSource, Source
from vms.demo.scenes import LOOKS_VERSION
from vms.demo.sources import Picture, Shape, open_source
from vms.domain.errors import StorageError

_FORMAT = 3
"""Raise it when the same source and parameters are to give other files."""
_BATCH = 16
_QUALITY = {"main": 28, "sub": 28}
"""CRF: what a busy room needs at the preset that encodes fastest."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A prepared camera. ``frames``: of the main loop, the modulus of the burnt-in counter."""

    camera: str
    codec: Codec
    main: Path
    sub: Path
    frames: int
    fps: Fraction
    sub_step: int
    size: tuple[int, int]
    sub_size: tuple[int, int]


OnReady = Callable[[CameraPlan, Rendition], None]
OnProgress = Callable[[str, float], None]
"""Camera, share done (0 … 1)."""


class Stopped(Exception):
    """Preparation was asked to stop."""


def prepare(
    plans: Iterable[CameraPlan],
    spec: DemoSpec,
    *,
    on_ready: OnReady,
    on_progress: OnProgress = lambda _camera, _share: None,
    stop: threading.Event | None = None,
    workers: int = 2,
) -> None:
    """Give each camera its rendition, those in the cache first, then source by source, each decoded once.

    Callbacks run in the calling thread. Raises ``Stopped`` within a second of ``stop``, and ``StorageError``.
    """
    stop = stop or threading.Event()
    folder = spec.data / "demo"
    missing: dict[Source, list[tuple[CameraPlan, str]]] = {}
    hashes: dict[Source, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("*.part"):
            leftover.unlink()
        for plan in plans:
            if plan.source not in hashes:
                hashes[plan.source] = _source_hash(plan.source)
            key = _key(plan, spec, hashes[plan.source])
            if (rendition := _cached(folder, plan, key)) is not None:
                on_ready(plan, rendition)
            else:
                missing.setdefault(plan.source, []).append((plan, key))
        with ThreadPoolExecutor(workers, thread_name_prefix="demo-encode") as pool:
            for source, group in missing.items():
                _prepare_group(source, group, spec, folder, pool, on_ready, on_progress, stop)
    except OSError as err:
        raise StorageError(f"demo cameras: cannot write to '{folder}' ({err.strerror or err})") from err


def _prepare_group(
    source: Source,
    group: list[tuple[CameraPlan, str]],
    spec: DemoSpec,
    folder: Path,
    pool: ThreadPoolExecutor,
    on_ready: OnReady,
    on_progress: OnProgress,
    stop: threading.Event,
) -> None:
    opened = open_source(source, min_loop_s=spec.min_loop_s, max_loop_s=spec.max_loop_s)
    pairs = [_Pair(plan, key, folder, opened.shape, stop) for plan, key in group]
    pending: dict[_Pair, Future[None]] = {}
    pictures = _until(stop, opened.pictures)
    try:
        while batch := list(islice(pictures, _BATCH)):
            # The next batch is decoded while this one is encoded; no more than two are in memory.
            for pair, task in pending.items():
                task.result()
                if pair.full:
                    on_ready(pair.plan, pair.finish())
            pending = {pair: pool.submit(pair.encode, batch) for pair in pairs if not pair.full}
            if not pending:
                return
            for pair in pending:
                most = min(opened.expected, pair.limit or opened.expected)
                on_progress(pair.plan.id, min(1.0, (batch[-1].index + 1) / most))
        for pair, task in pending.items():
            task.result()
            if stop.is_set():  # the last batch may have been cut short
                raise Stopped
            on_ready(pair.plan, pair.finish())
    finally:
        wait(pending.values())
        for pair in pairs:
            pair.abandon()


def _until(stop: threading.Event, pictures: Iterator[Picture]) -> Iterator[Picture]:
    for picture in pictures:
        if stop.is_set():
            raise Stopped
        yield picture


class _Pair:
    """A camera's two files while they are written."""

    def __init__(self, plan: CameraPlan, key: str, folder: Path, shape: Shape, stop: threading.Event) -> None:
        self.plan = plan
        self.limit = None if plan.excerpt_s is None else int(plan.excerpt_s * shape.fps)
        self._frames, self._stop = 0, stop
        self._folder, self._key, self._shape = folder, key, shape
        self._paths = {name: _path(folder, plan, key, f"{name}.mp4") for name in ("main", "sub")}
        self._main = _Encoder(self._paths["main"], plan, shape.main, shape, step=1, quality=_QUALITY["main"])
        self._sub = _Encoder(self._paths["sub"], plan, shape.sub, shape, step=shape.sub_step, quality=_QUALITY["sub"])

    def encode(self, batch: list[Picture]) -> None:
        for picture in batch:
            if self._stop.is_set() or self.full:
                return
            self._main.add(picture.main, picture.index)
            if picture.sub is not None:
                self._sub.add(picture.sub, picture.index)
            self._frames = picture.index + 1

    @property
    def full(self) -> bool:
        """Its excerpt is complete; more pictures are not taken."""
        return self._frames == self.limit

    def finish(self) -> Rendition:
        self._main.close()
        self._sub.close()
        for old in self._folder.glob(f"{self.plan.id}.*"):
            if old.suffix != ".part":
                old.unlink()
        for path in self._paths.values():
            _part(path).rename(path)
        shape = self._shape
        facts: dict[str, object] = {
            "frames": self._frames,
            "fps": str(shape.fps),
            "sub_step": shape.sub_step,
            "size": shape.main,
            "sub_size": shape.sub,
        }
        record = _path(self._folder, self.plan, self._key, "json")
        _part(record).write_text(json.dumps(facts), encoding="utf-8")
        _part(record).rename(record)
        return _rendition(self.plan, self._paths, facts)

    def abandon(self) -> None:
        """Let go of what is still open; nothing after ``finish``."""
        for encoder in (self._main, self._sub):
            encoder.discard()


class _Encoder:
    """One stream into one MP4. No B-frames, closed GOPs of 2 s; pts count main frames, so both streams share time."""

    def __init__(
        self, path: Path, plan: CameraPlan, size: tuple[int, int], shape: Shape, *, step: int, quality: int
    ) -> None:
        self._part = _part(path)
        self._stamp = Stamp(plan.id, *size)
        gop = shape.gop // step
        shared = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:open-gop=0"
        self._output = av.open(str(self._part), "w", format="mp4")
        name = "libx265" if plan.codec == "h265" else "libx264"
        stream = self._output.add_stream(name, rate=shape.fps / step)
        assert isinstance(stream, VideoStream)  # noqa: S101 - for the type checker
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = 1 / shape.fps
        stream.codec_context.time_base = 1 / shape.fps
        options: dict[str, object] = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(quality)}
        if plan.codec == "h265":
            stream.codec_context.codec_tag = "hvc1"
            options["x265-params"] = f"{shared}:log-level=error:pools=1:frame-threads=1"
        else:
            options["x264-params"] = f"{shared}:threads=1:sliced-threads=0"
        stream.options = options
        self._stream, self._time_base = stream, 1 / shape.fps
        self._open = True

    def add(self, picture: Image, index: int) -> None:
        marked = picture.copy()
        self._stamp.burn(marked, index)
        frame = av.VideoFrame.from_ndarray(marked, format="yuv420p")
        frame.pts, frame.time_base = index, self._time_base
        self._output.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._output.mux(self._stream.encode(None))
        self._output.close()
        self._open = False

    def discard(self) -> None:
        if self._open:
            self._open = False
            self._output.close()
            self._part.unlink(missing_ok=True)


def _source_hash(source: Source) -> str:
    if isinstance(source, SceneSource):
        return f"{source.look}-{source.seed}-{source.quiet_s:g}-{source.covered_s:g}-{LOOKS_VERSION}"
    with source.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(plan: CameraPlan, spec: DemoSpec, source_hash: str) -> str:
    facts = [_FORMAT, plan.id, plan.codec, source_hash, spec.min_loop_s, spec.max_loop_s, plan.excerpt_s, _QUALITY]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _path(folder: Path, plan: CameraPlan, key: str, end: str) -> Path:
    return folder / f"{plan.id}.{key}.{end}"


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _cached(folder: Path, plan: CameraPlan, key: str) -> Rendition | None:
    paths = {name: _path(folder, plan, key, f"{name}.mp4") for name in ("main", "sub")}
    try:
        facts = json.loads(_path(folder, plan, key, "json").read_text(encoding="utf-8"))
        return _rendition(plan, paths, facts) if all(path.is_file() for path in paths.values()) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _rendition(plan: CameraPlan, paths: dict[str, Path], facts: Mapping[str, object]) -> Rendition:
    size, sub_size = facts["size"], facts["sub_size"]
    frames, step = facts["frames"], facts["sub_step"]
    if not (isinstance(size, list | tuple) and isinstance(sub_size, list | tuple)):
        raise TypeError("size")
    if not (isinstance(frames, int) and isinstance(step, int)):
        raise TypeError("frames")
    return Rendition(
        camera=plan.id,
        codec=plan.codec,
        main=paths["main"],
        sub=paths["sub"],
        frames=frames,
        fps=Fraction(str(facts["fps"])),
        sub_step=step,
        size=(int(size[0]), int(size[1])),
        sub_size=(int(sub_size[0]), int(sub_size[1])),
    )


def describe(rendition: Rendition) -> dict[str, object]:
    """The rendition as JSON-ready facts, without paths."""
    facts = asdict(rendition)
    del facts["main"], facts["sub"]
    return {**facts, "fps": float(rendition.fps)}
