"""A toy that the real library trains in a minute or two: figures drawn on a wall, 80 of them seen thirty times over.

These tests need the extra ``yolo`` and are run by ``make test-yolo`` alone: ``make test`` and CI install no torch.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn import SIDE, draw

from detectors.inference import ultralytics_library


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Not even looked at where the extra is not installed: a skip would be a failure in CI."""
    return True if importlib.util.find_spec("ultralytics") is None else None


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights whose class 0 is ``Person``."""
    root = tmp_path_factory.mktemp("toy")
    random = np.random.default_rng(1)
    for folder in ("images", "labels"):
        (root / folder).mkdir()
    for number in range(80):
        tall = random.uniform(25, 55)
        wide = tall * 0.4
        left, top = random.uniform(0, SIDE - wide), random.uniform(0, SIDE - tall)
        cv2.imwrite(str(root / f"images/{number}.png"), draw(SIDE, SIDE, [(left, top, wide, tall)], number))
        middle = (left + wide / 2) / SIDE, (top + tall / 2) / SIDE
        row = f"0 {middle[0]} {middle[1]} {wide / SIDE} {tall / SIDE}\n"
        (root / f"labels/{number}.txt").write_text(row, encoding="utf-8")
    named = root / "data.yaml"
    named.write_text(f"path: {root}\ntrain: images\nval: images\nnames: {{0: Person, 1: vest}}\n", encoding="utf-8")
    library = ultralytics_library.load(tmp_path_factory.mktemp("settings"))
    net = library.YOLO("yolo11n.yaml")
    net.train(
        data=str(named), epochs=30, imgsz=SIDE, batch=16, workers=0, device="cpu", plots=False, val=False, mosaic=0,
        optimizer="AdamW", lr0=0.003, warmup_epochs=1, amp=False, seed=0, verbose=False, project=str(root), name="run",
    )  # fmt: skip
    return root / "run" / "weights" / "last.pt"
