"""A model file as a graph of the shape that is wanted, taking pictures as bytes.

What stands in a graph for one shape only (a batch of one, a grid of cells) is written anew for another. Not here:
compiling and running it (``openvino``), what its numbers mean (``adapters``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13
from openvino.preprocess import ColorFormat, PrePostProcessor

from detectors.inference.adapters import InputForm, Size

_STRIDES = (8, 16, 32)
_CLASSES = 80  # of COCO, of which person is the first


class FixedGraph(Exception):
    """The graph cannot be given the shape that was asked for."""


def own_size(core: ov.Core, path: Path, form: InputForm) -> Size | None:
    """Width and height of the input as the file has it; None where it leaves them open. Raises ``RuntimeError``."""
    shape = core.read_model(path).input(0).get_partial_shape()
    high, wide = (shape[2], shape[3]) if form.layout == "NCHW" else (shape[1], shape[2])
    return None if high.is_dynamic or wide.is_dynamic else (wide.get_length(), high.get_length())


def quantised(core: ov.Core, path: Path) -> bool:
    """Whether the file holds integers where the others compute in floats. Raises ``RuntimeError``."""
    return any(node.get_type_name() == "FakeQuantize" for node in core.read_model(path).get_ordered_ops())


def shaped(core: ov.Core, path: Path, form: InputForm, count: int, size: Size, *, whole: bool = False) -> Any:
    """The graph for ``count`` pictures of ``size`` given as BGR bytes (count, h, w, 3), persons alone of its classes.

    ``whole`` leaves all classes in. Raises ``RuntimeError`` when the file cannot be read, ``FixedGraph`` when its graph
    does not allow the shape.
    """
    model = _of_shape(core, path, form, count, size)
    if not whole:
        try:
            keep_persons(model)
        except RuntimeError:  # a head that is built in another way: all classes are computed, and nobody reads them
            model = _of_shape(core, path, form, count, size)
    return _with_preprocessing(model, form)


def keep_persons(model: Any) -> None:
    """Takes all classes of COCO but the first out of the heads, before their sigmoids and what is copied after them.

    The numbers that are left are the same to the bit in f32. Raises ``RuntimeError`` for a graph that does not go on
    without them.
    """
    first, one = opset13.constant(np.array([0], np.int64)), opset13.constant(np.array([1], np.int64))
    for node in model.get_ordered_ops():
        if _scores(node):
            person = opset13.slice(node.input_value(0), first, one, one, one)
            node.input(0).replace_source_output(person.output(0))
    model.validate_nodes_and_infer_types()


def _scores(node: Any) -> bool:
    """Whether these are the scores of all classes, on their way to the output; inside a network they are multiplied."""
    if node.get_type_name() != "Sigmoid" or node.output(0).get_partial_shape()[1] != _CLASSES:
        return False
    return all(user.get_node().get_type_name() == "Concat" for user in node.output(0).get_target_inputs())


def _of_shape(core: ov.Core, path: Path, form: InputForm, count: int, size: Size) -> Any:
    model = core.read_model(path)
    width, height = size
    shape = [count, 3, height, width] if form.layout == "NCHW" else [count, height, width, 3]
    if model.input(0).get_partial_shape() != ov.PartialShape(shape):
        try:
            model.reshape(shape)
        except RuntimeError:
            model = core.read_model(path)
            try:
                rewrite(model, form, count, size)
                # Not ``reshape``, which validates the new constants with the old shape first.
                model.get_parameters()[0].set_partial_shape(ov.PartialShape(shape))
                model.validate_nodes_and_infer_types()
            except RuntimeError as err:
                raise FixedGraph(f"{path.name} does not take {count} pictures of {width}x{height}") from err
    return model


def rewrite(model: Any, form: InputForm, count: int, size: Size) -> None:
    """Writes another batch and another grid into the constants of a graph that was made for one shape.

    Targets of reshapes: a leading 1 becomes ``count``, trailing numbers of cells those of ``size``. Tables of cell
    centres and strides (YOLO11's head: (1, 2, cells) and (1, 1, cells)) are made anew. Raises ``FixedGraph`` for
    a table that is not the one expected.
    """
    shape = model.input(0).get_partial_shape()
    if shape.is_dynamic:
        raise FixedGraph("the graph's own shape is open")
    own = list(shape.to_shape())
    height, width = own[2:4] if form.layout == "NCHW" else own[1:3]
    grids = {(height // s, width // s): (size[1] // s, size[0] // s) for s in _STRIDES}
    cells = {h * w: high * wide for (h, w), (high, wide) in grids.items()}
    every = sum(cells)
    cells[every] = sum(cells.values())
    tables = list(zip(_head_tables((width, height)), _head_tables(size), strict=True))
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind == "Reshape" and node.output(0).get_partial_shape().is_static:
            _retarget(node, count, grids, cells)
        elif kind == "Constant" and (height, width) != (size[1], size[0]):
            own_shape = list(node.output(0).get_shape())
            if len(own_shape) == 3 and own_shape[2] == every:
                _replace(node, tables)


def _retarget(node: Any, count: int, grids: dict[tuple[int, int], tuple[int, int]], cells: dict[int, int]) -> None:
    target = list(node.output(0).get_shape())
    if node.input_value(1).get_node().get_type_name() != "Constant" or len(target) < 2:
        return
    if target[0] == 1:
        target[0] = count
    if len(target) == 4 and (target[2], target[3]) in grids:
        target[2:] = grids[target[2], target[3]]
    else:
        target[-1] = cells.get(target[-1], target[-1])
    node.input(1).replace_source_output(opset13.constant(np.array(target, np.int64)).output(0))


def _replace(node: Any, tables: list[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> None:
    has = node.get_data()
    for expected, wanted in tables:
        if has.shape == expected.shape and np.allclose(has, expected):
            fresh = opset13.constant(wanted).output(0)
            for user in node.output(0).get_target_inputs():
                user.replace_source_output(fresh)
            return
    raise FixedGraph(f"a table of shape {has.shape} is not known")


def _head_tables(size: Size) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cell centres in cells (1, 2, cells) and strides in pixels (1, 1, cells), as Ultralytics' ``make_anchors``."""
    centres, strides = [], []
    for stride in _STRIDES:
        x, y = np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride))
        centres.append(np.stack([x.ravel(), y.ravel()]) + 0.5)
        strides.append(np.full((1, x.size), stride))
    together = np.concatenate(centres, axis=1), np.concatenate(strides, axis=1)
    return together[0][None].astype(np.float32), together[1][None].astype(np.float32)


def _with_preprocessing(model: Any, form: InputForm) -> Any:
    """The graph with its input as bytes (n, h, w, 3) in BGR: colours and scale are the runtime's work."""
    steps = PrePostProcessor(model)
    tensor = steps.input().tensor()
    tensor.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout(form.layout))
    if form.rgb:
        tensor.set_color_format(ColorFormat.BGR)
        steps.input().preprocess().convert_color(ColorFormat.RGB)
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    if form.mean is not None:
        steps.input().preprocess().mean(form.mean)
    if form.scale is not None:
        steps.input().preprocess().scale(form.scale)
    return steps.build()
