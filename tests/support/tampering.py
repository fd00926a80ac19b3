"""Cameras for tests of tampering: a picture at each moment, with a sensor's noise, really encoded, seen as key frames.

Belongs here: scenes, what is done to them, and how a watch hears of them in simulated time. Not here: what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import get_args

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from detectors import pictures
from detectors.sampling.tamper import SIZE, Tamper, TamperWatch
from vms.demo.plan import Placement
from vms.demo.rooms import room

Grey = NDArray[np.uint8]
Light = NDArray[np.float32]
#: The picture at a second since the start.
Scene = Callable[[float], Light]
LOOK_S = 2.0


def drawn(number: int, size: tuple[int, int] = (640, 360)) -> Light:
    """An empty room, drawn; each number another one."""
    looks = get_args(Placement)
    picture = room(looks[number % len(looks)], number, (1280, 720))
    return cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY).astype(np.float32)


def filmed(path: Path, size: tuple[int, int] = (640, 360), fps: int = 2) -> list[Light]:
    """A video's grey pictures, about ``fps`` a second of it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        each = max(1, round(float(stream.average_rate or fps) / fps))
        return [
            cv2.resize(frame.to_ndarray(format="gray"), size, interpolation=cv2.INTER_AREA).astype(np.float32)
            for number, frame in enumerate(container.decode(stream))
            if number % each == 0
        ]


class Sensor:
    """Adds noise (standard deviation in grey); the same seed gives the same noise."""

    def __init__(self, size: tuple[int, int], seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        height = size[1]
        self._pool = self._random.normal(0, 1, (height * 4, size[0])).astype(np.float32)

    def see(self, light: Light, noise: float) -> Grey:
        top = int(self._random.integers(0, 3 * light.shape[0]))
        grain = np.roll(self._pool[top : top + light.shape[0]], int(self._random.integers(0, light.shape[1])), 1)
        return np.clip(np.rint(light + noise * grain), 16, 235).astype(np.uint8)


class KeyFrames:
    """Encodes each picture as a key frame (H.264, constant quality) and gives it back decoded."""

    def __init__(self, size: tuple[int, int], crf: int) -> None:
        self._size = size
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height = size
        encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, 10), Fraction(10)
        encoder.gop_size, encoder.max_b_frames, encoder.thread_count = 1, 0, 1
        encoder.options = {"preset": "superfast", "tune": "zerolatency", "crf": str(crf)}
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.thread_count = 1
        self._encoder, self._decoder = encoder, decoder
        self.bytes = 0

    def code(self, picture: Grey) -> Grey:
        """(90, 160), made of the decoded picture as the service makes it."""
        planes = np.full((self._size[1] * 3 // 2, self._size[0]), 128, np.uint8)
        planes[: self._size[1]] = picture
        for packet in self._encoder.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")):
            self.bytes += packet.size
            for frame in self._decoder.decode(av.Packet(bytes(packet))):
                return pictures.grey(frame, *SIZE)
        raise AssertionError("a picture went in and none came out")


@dataclass(slots=True)
class Watched:
    """A camera and its watch in simulated time."""

    size: tuple[int, int] = (320, 180)
    crf: int = 30
    noise: float = 2.5
    seed: int = 1
    look_s: float = LOOK_S
    watch: TamperWatch = field(default_factory=TamperWatch)
    moment: float = 0.0
    findings: list[tuple[float, Tamper | None]] = field(default_factory=list)  # once per change
    _sensor: Sensor = field(init=False)
    _coder: KeyFrames = field(init=False)

    def __post_init__(self) -> None:
        self._sensor, self._coder = Sensor(self.size, self.seed), KeyFrames(self.size, self.crf)

    def show(self, scene: Scene | Light, seconds: float, noise: float | None = None) -> Watched:
        """Looks at ``scene``, whose time begins at 0, for so long; each look has its own noise."""
        for since in self._moments(seconds):
            light = scene(since) if callable(scene) else scene
            self.see(self._coder.code(self._sensor.see(light, self.noise if noise is None else noise)))
        return self

    def stand_still(self, light: Light, seconds: float) -> Watched:
        """The very same picture, noise and all, encoded again and again."""
        picture = self._sensor.see(light, self.noise)
        for _ in self._moments(seconds):
            self.see(self._coder.code(picture))
        return self

    def see(self, grey: Grey, *, key: bool = True) -> None:
        """One look at the present moment."""
        finding = self.watch.look(grey, self.moment, key=key)
        if not self.findings or self.findings[-1][1] != finding:
            self.findings.append((self.moment, finding))

    @property
    def said(self) -> set[Tamper]:
        """All that was found."""
        return {finding for _, finding in self.findings if finding is not None}

    def delay(self, kind: Tamper, began: float) -> float:
        """Seconds from ``began`` until ``kind`` was found; infinite if it was not."""
        return next((at - began for at, finding in self.findings if at >= began and finding == kind), float("inf"))

    def _moments(self, seconds: float) -> Iterator[float]:
        began = self.moment
        while self.moment - began < seconds:
            yield self.moment - began
            self.moment += self.look_s


# --- what happens before a camera ---------------------------------------------------------------------------------


def dimmed(light: Light, to: float) -> Light:
    """The lamps off: ``to`` is the share of the light that is left."""
    return 16 + (light - 16) * np.float32(to)


def by_the_door(light: Light, brightest: float, reach: float = 0.4) -> Light:
    """Only what falls in through a door at the left, weaker with the distance."""
    height, width = light.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot((x - 0.1 * width) / width, (y - 0.6 * height) / height)
    return 16 + (light - 16) * (np.float32(brightest) * np.exp(-distance / np.float32(reach))).astype(np.float32)


def infrared(light: Light, curve: tuple[float, ...]) -> Light:
    """Own light from the middle, and cloth and paint that are brighter or darker than by day."""
    height, width = light.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    lamp = np.exp(-(((x / width - 0.5) / 0.42) ** 2) - ((y / height - 0.55) / 0.45) ** 2)
    there = np.interp(light, np.linspace(0, 255, len(curve)), curve).astype(np.float32)
    return np.asarray(there * (0.25 + 0.75 * lamp), np.float32)


def blurred(light: Light, share: float) -> Light:
    """Out of focus: a blur with a standard deviation of ``share`` of the width."""
    return np.asarray(cv2.GaussianBlur(light, (0, 0), share * light.shape[1]), np.float32)


def turned(light: Light, right: float, down: float = 0.0, degrees: float = 0.0, zoom: float = 1.0) -> Light:
    """Seen by a camera that was turned by shares of the width; what comes into view there is a mirror image."""
    height, width = light.shape
    how = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    how[:, 2] -= (right * width, down * width)
    return np.asarray(cv2.warpAffine(light, how, (width, height), borderMode=cv2.BORDER_REFLECT), np.float32)


# --- what happens all the time, and is no tampering --------------------------------------------------------------


def by_turns(one: Scene, other: Scene, seconds: float) -> Scene:
    """Each for so long."""
    return lambda t: (one if t % (2 * seconds) < seconds else other)(t)


def raining(scene: Scene, drops: int = 200) -> Scene:
    """Bright streaks, others in each picture."""

    def rain(t: float) -> Light:
        light, random = scene(t).copy(), np.random.default_rng(round(t * 10))
        height, width = light.shape
        for x, y, grey in zip(
            random.integers(0, width, drops), random.integers(0, height, drops), random.integers(150, 230, drops),
            strict=True,
        ):  # fmt: skip
            cv2.line(light, (int(x), int(y)), (int(x) + 2, int(y) + 10), float(grey))
        return light

    return rain


def headlights(scene: Scene, every: float = 25.0, takes: float = 6.0) -> Scene:
    """A dark place, and a car's light that sweeps through it."""

    def sweep(t: float) -> Light:
        light = scene(t)
        dark, place = dimmed(light, 0.12), (t % every) / takes
        if place >= 1:
            return dark
        height, width = light.shape
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        beam = np.exp(-(((x / width - place) / 0.12) ** 2) - ((y / height - 0.6) / 0.3) ** 2)
        glare = 40 * np.exp(-(((x / width - place) / 0.05) ** 2) - ((y / height - 0.5) / 0.1) ** 2)
        return np.asarray(np.clip(dark + (light - 16) * 0.9 * beam + glare, 0, 255), np.float32)

    return sweep


def stands_close(scene: Scene, seconds: float, every: float, share: float) -> Scene:
    """Somebody stands before the lens, over ``share`` of the width, and sways."""

    def close(t: float) -> Light:
        light = scene(t)
        if t % every >= seconds:
            return light
        height, width = light.shape
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        x = x / width - 0.5 - 0.02 * np.sin(t)
        there = (x / (share / 2)) ** 2 + ((y / height - 0.55) / 0.6) ** 2 < 1
        folds = 70 + 18 * np.sin(40 * x + 5 * np.sin(9 * y / height)) + 10 * np.cos(23 * y / height)
        return np.where(there, folds, light).astype(np.float32)

    return close


def crowd(scene: Scene, persons: int = 40, seed: int = 5) -> Scene:
    """Walkers, nearly half as high as the picture, over all but its top."""
    walkers = np.random.default_rng(seed).uniform(0, 1, (persons, 4))

    def walk(t: float) -> Light:
        light = scene(t).copy()
        height, width = light.shape
        tall = int(0.45 * height)
        for start, foot, speed, grey in walkers:
            x = int(((start + (0.02 + 0.04 * speed) * t * (1 if grey > 0.5 else -1)) % 1.2 - 0.1) * width)
            y = int((0.3 + 0.7 * foot) * height)
            cv2.ellipse(light, (x, y - tall // 3), (tall // 6, tall // 2), 0, 0, 360, 30 + 180 * float(grey), -1)
            cv2.circle(light, (x, y - tall + tall // 8), tall // 9, 40 + 150 * float(speed), -1)
        return light

    return walk


def sun_patches(scene: Scene, crosses_in: float = 7200.0) -> Scene:
    """Light from a window with bars that moves across the floor."""

    def shine(t: float) -> Light:
        light = scene(t)
        height, width = light.shape
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        bars = (np.abs((x + 0.4 * y) % 90 - t / crosses_in * width * 1.3 % 90) < 22) & (y > 0.3 * height)
        return np.asarray(np.clip(light * (1 + 0.5 * cv2.GaussianBlur(bars.astype(np.float32), (0, 0), 1.5)), 0, 255))

    return shine


def swaying(scene: Scene, share: float) -> Scene:
    """A camera on a pole in the wind, by ``share`` of the width to each side."""
    return lambda t: turned(scene(t), share * float(np.sin(1.7 * t)), 0.5 * share * float(np.sin(2.3 * t)))


def days(scene: Scene, length: float = 7200.0) -> Scene:
    """Dawn and dusk, down to a twentieth of the light."""
    return lambda t: dimmed(scene(t), 0.05 + 0.95 * abs(float(np.cos(np.pi * t / length))))


def exposing(scene: Scene) -> Scene:
    """Exposure that steps: darker, brighter up to white, right."""
    return lambda t: np.clip(dimmed(scene(t), (0.55, 1.6, 1.0)[int(t // 40) % 3]), 0, 255)


def foggy(scene: Scene, hour: float = 3600.0) -> Scene:
    """Three quarters of the contrast go and come back."""

    def fog(t: float) -> Light:
        thick = np.float32(0.75 * np.sin(np.pi * t / hour) ** 2)
        return scene(t) * (1 - thick) + 150 * thick

    return fog
