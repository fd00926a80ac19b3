"""Nights made from real footage: what a camera's infrared picture does in the dark, with nobody there or somebody.

Belongs here: places, what disturbs them, films of both. Not here: what a detector makes of it. The same seed gives the
same film. Pictures are in linear fractions of white until they are filmed.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from vms.demo.scenes import FPS as DRAWN_FPS
from vms.demo.scenes import Scene

FPS = 10
WIDTH, HEIGHT = 640, 360
#: What a sub stream is given at night, bit/s: blocks and smears belong to it.
BIT_RATE = 200_000

Image = NDArray[np.uint8]
Light = NDArray[np.float32]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """What a camera looks at: frames (360, 640, 3) at ``FPS``, and when somebody is there in them (seconds)."""

    name: str
    frames: Sequence[Image]
    visits: tuple[Span, ...] = ()

    def frame(self, number: int) -> Image:
        """Forth and back, so that there is no jump; with visits only forth."""
        count = len(self.frames)
        if self.visits or count == 1:
            return self.frames[number % count]
        number %= 2 * count - 2
        return self.frames[number if number < count else 2 * count - 2 - number]


def real_places(footage: Path) -> list[Place]:
    """Places of the shared footage where, and while, nobody is to be seen."""
    room = footage / "one-by-one-person-detection.mp4"
    worker = _frames(footage / "worker-zone-detection.mp4")  # he walks from the right half into the left one
    half = round(0.42 * WIDTH)
    halves = zip(worker[:5], worker[-5:], strict=True)
    return [
        Place("room", _frames(room, until=5.4)),
        Place("hall", [_cut(frame, 0.16, 0.1, 0.8) for frame in _frames(footage / "people-detection.mp4")]),
        Place("shelves", [_cut(frame, 0.0, 0.0, 0.5) for frame in _frames(footage / "store-aisle-detection.mp4")]),
        Place("floor", [np.hstack([before[:, :half], behind[:, half:]]) for before, behind in halves]),
    ]


def real_visits(footage: Path) -> Place:
    """The room with its six visits."""
    film = footage / "one-by-one-person-detection.mp4"
    with film.with_suffix(".presence.csv").open(encoding="utf-8") as file:
        visits = tuple((float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(file))
    return Place("room", _frames(film), visits)


def drawn_places() -> list[Place]:
    """For a clone without footage: a drawn corridor while nobody is there."""
    scene = Scene("corridor", 1)
    return [Place("drawn", [_fit(scene.draw(n)) for n in range(scene.frames) if not scene.truth(n)][:10])]


def drawn_visits() -> Place:
    """The drawn corridor with its three visits."""
    scene = Scene("corridor", 1)
    there = [bool(scene.truth(n)) for n in range(scene.frames)] + [False]
    edges = [n for n in range(1, len(there)) if there[n] != there[n - 1]]
    visits = tuple((a / DRAWN_FPS, b / DRAWN_FPS) for a, b in zip(edges[::2], edges[1::2], strict=True))
    return Place("drawn", [_fit(scene.draw(n)) for n in range(scene.frames)], visits)


# --- what disturbs -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Night:
    """One disturbance: how much more light falls where, what shines in front of the lens, whether the lamps are on."""

    noise: float = 1.0
    light: Callable[[float], Light | float] = lambda _: 1.0
    glare: Callable[[float, Light], None] = lambda _, __: None
    lamps: Callable[[float], float] = lambda _: 0.0  # 0 dark, 1 as by day


_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def quiet(_: np.random.Generator) -> Night:
    return Night()


def noise(_: np.random.Generator) -> Night:
    return Night(noise=2.5)


def rain(rng: np.random.Generator) -> Night:
    """Streaks that are somewhere else in each picture, and a brightness that follows them."""

    def fall(_: float, picture: Light) -> None:
        streaks = np.zeros((HEIGHT, WIDTH), np.float32)
        for _ in range(int(rng.integers(60, 140))):
            x, y, length = rng.integers(0, WIDTH), rng.integers(-30, HEIGHT), rng.integers(12, 45)
            end = (int(x - 0.15 * length), int(y + length))
            cv2.line(streaks, (int(x), int(y)), end, float(rng.uniform(0.1, 0.45)), int(rng.integers(1, 3)))
        picture += cv2.blur(streaks, (3, 3))

    return Night(light=lambda _: float(rng.uniform(0.94, 1.06)), glare=fall)


def headlights(rng: np.random.Generator) -> Night:
    """A car every ten seconds: its cone sweeps over the place, with a shadow beside it and a glare on the lens."""
    phase = float(rng.uniform(0, 5))

    def where(t: float) -> tuple[float, float] | None:
        sweep, into = divmod(t + phase, 10.0)
        if into > 3.5:
            return None
        share = into / 3.5
        x = (share if sweep % 2 else 1 - share) * 1.4 * WIDTH - 0.2 * WIDTH
        return x, HEIGHT * (0.55 + 0.1 * math.sin(3 * share))

    def light(t: float) -> Light | float:
        spot = where(t)
        if spot is None:
            return 1.0
        x, y = spot
        cone = np.exp(-(((_X - x) / 110) ** 2 + ((_Y - y) / 90) ** 2))
        shadow = np.exp(-(((_X - x - 190) / 30) ** 2))
        return np.asarray(1 + 5 * cone - 0.6 * shadow, np.float32)

    def glare(t: float, picture: Light) -> None:
        spot = where(t)
        if spot is not None:
            cv2.circle(picture, (int(spot[0]), int(spot[1])), 16, 1.5, -1, cv2.LINE_AA)

    return Night(light=light, glare=glare)


def lamps(rng: np.random.Generator) -> Night:
    """Lights on and off every 8 s; the camera changes to colour and back, too bright or too dark for a moment."""
    phase = float(rng.uniform(0, 8))

    def on(t: float) -> float:
        into = (t + phase) % 16
        return 1.0 if into < 8 else 0.0

    def light(t: float) -> float:
        since = (t + phase) % 8
        return 1.0 + (1.5 if on(t) else -0.7) * math.exp(-since / 0.4)

    return Night(light=light, lamps=on)


def flicker(rng: np.random.Generator) -> Night:
    """A bad tube: bands that wander, and drop-outs."""

    def light(t: float) -> Light:
        bands = 1 + 0.18 * np.sin(2 * np.pi * (3 * _Y / HEIGHT + 2.3 * t))
        return np.asarray(bands * (0.55 if rng.random() < 0.08 else 1.0), np.float32)

    return Night(light=light)


def insects(rng: np.random.Generator) -> Night:
    """Bright specks that fly close to the infrared lamps."""
    spots = rng.uniform(0, 1, (3, 2)) * (WIDTH, HEIGHT)
    speeds = rng.normal(0, 18, (3, 2))

    def fly(_: float, picture: Light) -> None:
        nonlocal spots, speeds
        speeds = 0.85 * speeds + rng.normal(0, 12, (3, 2))
        spots = (spots + speeds) % (WIDTH, HEIGHT)
        layer = np.zeros((HEIGHT, WIDTH), np.float32)
        for (x, y), (dx, dy) in zip(spots, speeds, strict=True):
            cv2.line(layer, (int(x), int(y)), (int(x + 0.6 * dx), int(y + 0.6 * dy)), 0.9, int(rng.integers(5, 12)))
        picture += cv2.blur(layer, (9, 9))

    return Night(glare=fly)


DISTURBANCES: dict[str, Callable[[np.random.Generator], Night]] = {
    "quiet": quiet, "noise": noise, "rain": rain, "headlights": headlights, "lamps off and on": lamps,
    "flicker": flicker, "insects": insects,
}  # fmt: skip


# --- filming -----------------------------------------------------------------------------------------------------


def pictures(place: Place, disturbance: str, seconds: float, seed: int) -> Iterator[Image]:
    """The place at night, (360, 640, 3) a frame."""
    rng = np.random.default_rng([seed, len(disturbance), *map(ord, place.name)])
    night = DISTURBANCES[disturbance](rng)
    grain = _grain(rng)
    lamp = np.asarray(0.3 + 0.7 * np.exp(-(((_X / WIDTH - 0.5) * 2.0) ** 2 + ((_Y / HEIGHT - 0.55) * 2.2) ** 2)))
    for number in range(round(seconds * FPS)):
        t = number / FPS
        picture = place.frame(number)
        light, lit = night.light(t), night.lamps(t)
        white = picture.astype(np.float32) / 255
        if lit < 1:
            grey = cv2.cvtColor(white, cv2.COLOR_BGR2GRAY)
            dark = 0.55 * grey**1.5 * lamp * light  # infrared from beside the lens: bright in the middle, flat, dark
            night.glare(t, dark)
            white = np.repeat(dark[:, :, None], 3, axis=2)
            amount = 0.022 * night.noise
        else:
            white = white * (light[:, :, None] if isinstance(light, np.ndarray) else light)
            amount = 0.008
        field = np.roll(grain[rng.integers(len(grain))], tuple(rng.integers(0, 300, 2)), (0, 1))
        white = white + amount * field[:, :, None] * (0.5 + np.sqrt(np.clip(white, 0, 1)))
        yield np.asarray(np.clip(255 * white, 0, 255), np.uint8)


def film(path: Path, frames: Iterator[Image]) -> None:
    """An MP4 at ``BIT_RATE`` with a key frame every 2 s."""
    with av.open(str(path), "w") as container:
        options = {"preset": "veryfast", "sc_threshold": "0", "bf": "0", "maxrate": f"{BIT_RATE}", "bufsize": "400000"}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size, stream.bit_rate = 2 * FPS, BIT_RATE
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _grain(rng: np.random.Generator) -> list[Light]:
    """Noise as a sensor's filter leaves it: some of it fine, some in blotches; standard deviation about 1."""
    fields = []
    for _ in range(12):
        fine = rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
        blotches = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2.5) * 6
        fields.append(np.asarray(0.8 * fine + 0.6 * blotches, np.float32))
    return fields


def _frames(film: Path, until: float = math.inf) -> list[Image]:
    """The film at ``FPS`` in our size."""
    frames: list[Image] = []
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            at = float((frame.pts or 0) * (stream.time_base or 0))
            if at > until:
                break
            if at * FPS >= len(frames) - 0.01:
                frames.append(_fit(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)))
    return frames


def _cut(picture: Image, left: float, top: float, share: float) -> Image:
    """A part of the picture, so many of its sides long, in our size."""
    x, y = round(left * WIDTH), round(top * HEIGHT)
    return _fit(picture[y : y + round(share * HEIGHT), x : x + round(share * WIDTH)])


def _fit(picture: Image) -> Image:
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
