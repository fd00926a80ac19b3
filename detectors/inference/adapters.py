"""How each model wants its pictures and what its numbers mean. Pure functions of arrays; no runtime in here.

An adapter says the input's size for a stream, how a picture is laid into it, and turns raw outputs into
``Detections``. Sources of the formulas stand with each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal, Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.inference.backend import Bytes, Detections, Floats
from detectors.inference.boxes import Letterbox, persons_of

Size = tuple[int, int]  # width, height in pixels


@dataclass(frozen=True, slots=True)
class InputForm:
    """What the graph expects where pictures come as BGR bytes in rows (n, h, w, 3)."""

    layout: Literal["NCHW", "NHWC"]
    rgb: bool
    mean: float | None = None
    scale: float | None = None


class Adapter(Protocol):
    """One family of models."""

    form: InputForm

    def sized(self, side: int, /) -> Self:
        """The same for inputs whose longer side is ``side`` pixels; one whose input never changes gives itself."""
        ...

    def fixed(self, size: Size, /) -> Self:
        """The same for a graph that takes this size alone, whatever the stream."""
        ...

    def input_size(self, width: int, height: int, /) -> Size:
        """The input for a stream of ``width`` × ``height``."""
        ...

    def picture_size(self, width: int, height: int, /) -> Size:
        """The size in which a picture of the stream needs no further scaling."""
        ...

    def place(self, bgr: Bytes, into: Bytes) -> None:
        """Lays one picture into its input (h, w, 3)."""
        ...

    def decode(
        self, outputs: Sequence[Floats], sizes: Sequence[Size], input_size: Size, keep: float, /
    ) -> list[Detections]:
        """Persons of at least confidence ``keep`` for each picture; ``sizes`` are the pictures' own."""
        ...


def _multiple(value: float, of: int) -> int:
    return max(of, int(np.ceil(value / of - 1e-9)) * of)


@dataclass(frozen=True)
class Fitted:
    """An input in the stream's shape: the longer side is ``side``, the other as short as multiples of 32 allow.

    Strides of up to 32 make both sides multiples of it: 16:9 becomes 416×256 or 640×384. ``only`` is for a graph
    that takes no other size.
    """

    side: int = 640
    iou: float = 0.5
    only: Size | None = None

    def sized(self, side: int) -> Self:
        return replace(self, side=side)

    def fixed(self, size: Size) -> Self:
        return replace(self, only=size)

    def input_size(self, width: int, height: int) -> Size:
        if self.only is not None:
            return self.only
        scale = self.side / max(width, height)
        return _multiple(width * scale, 32), _multiple(height * scale, 32)


@dataclass(frozen=True)
class Yolox(Fitted):
    """YOLOX, COCO-80: input BGR 0–255, at the top left corner on grey 114; anchor-free heads.

    Output (n, cells, 85) before grid decoding; centre = (raw + cell) · stride, size = exp(raw) · stride,
    confidence = objectness · class (arXiv 2107.08430; strides 8, 16, 32, cells in rows). Person is class 0.
    """

    side: int = 416
    form = InputForm("NCHW", rgb=False)

    def _letterbox(self, width: int, height: int, input_size: Size) -> Letterbox:
        return Letterbox.fit(width, height, *input_size, centred=False)

    def picture_size(self, width: int, height: int) -> Size:
        box = self._letterbox(width, height, self.input_size(width, height))
        return box.inner_width, box.inner_height

    def place(self, bgr: Bytes, into: Bytes) -> None:
        box = self._letterbox(bgr.shape[1], bgr.shape[0], (into.shape[1], into.shape[0]))
        into[box.inner_height :] = 114
        into[:, box.inner_width :] = 114
        box.place(bgr, into)

    def decode(
        self, outputs: Sequence[Floats], sizes: Sequence[Size], input_size: Size, keep: float
    ) -> list[Detections]:
        raw = outputs[0]
        confidence = raw[:, :, 4] * raw[:, :, 5]
        rows, chosen = np.nonzero(confidence >= keep)
        cells, strides = _yolox_grid(*input_size)
        code, stride = raw[rows, chosen, :4], strides[chosen]
        centre = (code[:, :2] + cells[chosen]) * stride
        half = np.exp(np.minimum(code[:, 2:], 20)) * stride / 2
        boxes = [self._letterbox(*size, input_size) for size in sizes]
        return persons_of(rows, _corners(centre, half), confidence[rows, chosen], boxes, self.iou)


@lru_cache(maxsize=32)
def _yolox_grid(width: int, height: int) -> tuple[Floats, Floats]:
    """Cell corners (n, 2) in cells and strides (n, 1) in pixels, in the order of the output's rows."""
    cells, strides = [], []
    for stride in (8, 16, 32):
        x, y = np.meshgrid(np.arange(width // stride), np.arange(height // stride))
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((x.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


@dataclass(frozen=True)
class Yolo11(Fitted):
    """Ultralytics YOLO11: input RGB 0–1, centred on grey 114; output (n, 84, cells): centre, size, classes.

    Boxes come decoded in input pixels (docs.ultralytics.com, export of task ``detect``). Person is class 0.
    """

    iou: float = 0.6
    form = InputForm("NCHW", rgb=True, scale=255.0)

    def picture_size(self, width: int, height: int) -> Size:
        box = Letterbox.fit(width, height, *self.input_size(width, height), centred=True)
        return box.inner_width, box.inner_height

    def place(self, bgr: Bytes, into: Bytes) -> None:
        box = Letterbox.fit(bgr.shape[1], bgr.shape[0], into.shape[1], into.shape[0], centred=True)
        into[: box.top] = into[box.top + box.inner_height :] = 114
        into[:, : box.left] = into[:, box.left + box.inner_width :] = 114
        box.place(bgr, into)

    def decode(
        self, outputs: Sequence[Floats], sizes: Sequence[Size], input_size: Size, keep: float
    ) -> list[Detections]:
        raw = outputs[0]
        rows, chosen = np.nonzero(raw[:, 4] >= keep)
        code = raw[rows, :5, chosen]
        boxes = [Letterbox.fit(*size, *input_size, centred=True) for size in sizes]
        return persons_of(rows, _corners(code[:, :2], code[:, 2:4] / 2), code[:, 4], boxes, self.iou)


@dataclass(frozen=True)
class SsdMobileNet:
    """SSD MobileNetV2 300×300 of ``@mediapipe/objectron``: RGB, x/127.5 − 1, the picture stretched to a square.

    Outputs: box encodings (n, 1917, 4) as ty, tx, th, tw with scales 10, 10, 5, 5, and logits (n, 1917, 24),
    sigmoid, Person is 4 (label map in the package). Decoding and anchors: arXiv 1512.02325 and the default
    ``ssd_anchor_generator`` of the TensorFlow object detection API.
    """

    iou: float = 0.4  # its grid is coarse: two boxes of one person overlap less than the others' do
    form = InputForm("NHWC", rgb=True, mean=127.5, scale=127.5)
    person = 4

    def sized(self, _side: int) -> Self:
        return self  # its anchors are those of 300×300

    def fixed(self, _size: Size) -> Self:
        return self

    def input_size(self, _width: int, _height: int) -> Size:
        return 300, 300

    def picture_size(self, _width: int, _height: int) -> Size:
        return 300, 300

    def place(self, bgr: Bytes, into: Bytes) -> None:
        into[:] = bgr if bgr.shape == into.shape else cv2.resize(bgr, (300, 300), interpolation=cv2.INTER_LINEAR)

    @cached_property
    def anchors(self) -> Floats:
        """(1917, 4): centre y, centre x, height, width as fractions."""
        return ssd_anchors()

    def decode(
        self, outputs: Sequence[Floats], sizes: Sequence[Size], _input_size: Size, keep: float
    ) -> list[Detections]:
        encodings, logits = outputs
        scores = logits[:, :, self.person]
        rows, chosen = np.nonzero(scores >= np.log(keep / (1 - keep)))
        anchor, code = self.anchors[chosen], encodings[rows, chosen]
        centre = code[:, 1::-1] / 10 * anchor[:, 3:1:-1] + anchor[:, 1::-1]
        half = np.exp(np.minimum(code[:, 3:1:-1] / 5, 20)) * anchor[:, 3:1:-1] / 2
        confidence = 1 / (1 + np.exp(-scores[rows, chosen]))
        stretched = Letterbox.fit(1, 1, 1, 1, centred=False)  # the boxes are fractions as they are
        return persons_of(rows, _corners(centre, half), confidence, [stretched] * len(sizes), self.iou)


def ssd_anchors() -> Floats:
    """The standard SSD grid for 300×300: maps 19, 10, 5, 3, 2, 1; scales 0.2 to 0.95, linear.

    Ratios 1, 2, ½, 3, ⅓ plus a square of the geometric mean with the next scale; on the lowest map only
    (0.1, 1), (0.2, 2), (0.2, ½). Rows: centre y, centre x, height, width.
    """
    maps = (19, 10, 5, 3, 2, 1)
    scales = [0.2 + (0.95 - 0.2) * i / (len(maps) - 1) for i in range(len(maps))] + [1.0]
    parts = []
    for level, cells in enumerate(maps):
        if level == 0:
            kinds = [(0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5)]
        else:
            kinds = [(scales[level], ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 1 / 3)]
            kinds.append((float(np.sqrt(scales[level] * scales[level + 1])), 1.0))
        sizes = np.array([(scale / np.sqrt(ratio), scale * np.sqrt(ratio)) for scale, ratio in kinds])
        y, x = np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij")
        centres = (np.stack([y.ravel(), x.ravel()], axis=1) + 0.5) / cells
        rows = np.concatenate([np.repeat(centres, len(kinds), axis=0), np.tile(sizes, (cells * cells, 1))], axis=1)
        parts.append(rows)
    return np.concatenate(parts).astype(np.float32)


def _corners(centre: NDArray[np.floating], half: NDArray[np.floating]) -> Floats:
    return np.asarray(np.concatenate([centre - half, centre + half], axis=1), np.float32)
