"""A person model without weights: whatever is bright is a person. Its head is built like YOLO11's, for one shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as op

STRIDES = (8, 16, 32)


def save(
    folder: Path, name: str, width: int = 64, height: int = 64, *, odd_table: bool = False, quantised: bool = False
) -> Path:
    """The IR of ``graph``, as ``name``.xml in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.xml"
    ov.save_model(graph(width, height, odd_table=odd_table, quantised=quantised), path, compress_to_fp16=False)
    return path


def graph(width: int, height: int, *, odd_table: bool = False, quantised: bool = False) -> ov.Model:
    """(1, 3, h, w) of 0–1 → (1, 5, cells): centre, size (twice the stride), brightness of the cell.

    Reshapes and tables have the shape written into them, as exporters do. ``odd_table``: the strides are not what they
    should be; ``quantised``: the picture goes through eight bits.
    """
    pictures = op.parameter([1, 3, height, width], np.float32, name="images")
    seen = pictures.output(0)
    if quantised:
        low, high = op.constant(np.float32(0)), op.constant(np.float32(1))
        seen = op.fake_quantize(seen, low, high, low, high, 256).output(0)
    levels, centres, strides = [], [], []
    for stride in STRIDES:
        wide, high_ = width // stride, height // stride
        mean = op.avg_pool(seen, [stride, stride], [0, 0], [0, 0], [stride, stride], True)
        if stride == 32:  # there and back, as attention does
            flat = op.reshape(mean, op.constant(np.array([1, 1, 3, wide * high_], np.int64)), False)
            mean = op.reshape(flat, op.constant(np.array([1, 3, high_, wide], np.int64)), False)
        levels.append(op.reshape(mean, op.constant(np.array([1, 3, wide * high_], np.int64)), False))
        x, y = np.meshgrid(np.arange(wide), np.arange(high_))
        centres.append(np.stack([x.ravel(), y.ravel()]) + 0.5)
        strides.append(np.full((1, wide * high_), stride + odd_table))
    together = op.concat(levels, 2)
    grid = op.constant(np.concatenate(centres, axis=1)[None].astype(np.float32))
    scale = op.constant(np.concatenate(strides, axis=1)[None].astype(np.float32))
    red = op.slice(
        together,
        op.constant(np.array([0])),
        op.constant(np.array([1])),
        op.constant(np.array([1])),
        op.constant(np.array([1])),
    )
    nothing = op.multiply(red, op.constant(np.float32(0)))  # of the batch's size
    place = op.multiply(op.add(op.concat([nothing, nothing], 1), grid), scale)
    size = op.multiply(op.add(op.concat([nothing, nothing], 1), op.constant(np.float32(2))), scale)
    return ov.Model([op.result(op.concat([place, size, red], 1))], [pictures], "lamp")
