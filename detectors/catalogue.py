"""The person models that the service knows: what each is, whose, where it comes from, what was measured with it.

Data only. Not here: which one is taken (``models``), how one is got (``fetching``), how one is run (``inference``).
``docs/models.md`` holds a card for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detectors.inference.adapters import Adapter, SsdMobileNet, Yolo11, Yolox

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file whose bytes are known: SHA-256 in lower case hexadecimal, size in bytes, and what it is."""

    sha256: str
    size: int
    what: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model comes from.

    ``url`` (https) ends in the file's name; a model without one cannot be fetched, and ``comes`` says how it gets
    here. ``files`` are those that are accepted without being asked about. ``most`` bounds a download (bytes).
    ``converted``: what comes are Ultralytics weights, which the extra ``yolo`` turns into OpenVINO's form.
    """

    page: str
    url: str = ""
    files: tuple[File, ...] = ()
    most: int = 64 * MIB
    converted: bool = False
    comes: str = ""

    @property
    def file(self) -> str:
        """The name of the file at ``url``."""
        return self.url.rpartition("/")[2]

    def known(self, sha256: str) -> File | None:
        """The accepted file with this digest."""
        return next((file for file in self.files if file.sha256 == sha256), None)


@dataclass(frozen=True, slots=True)
class Figures:
    """As the service counts on one sequence, at IoU 0.5: means of several rates and precisions.

    ``count_mae`` in persons a picture. Measured by ``python -m tests.bench.counts``.
    """

    sequence: str
    precision: float
    recall: float
    f1: float
    count_mae: float


@dataclass(frozen=True, slots=True)
class Model:
    """One entry: ``files`` are tried in each folder, as they are and inside a folder ``name``."""

    name: str
    title: str
    licence: str
    files: tuple[str, ...]
    adapter: Callable[[], Adapter]
    confidence: float  # here a detection is as likely right as wrong (``Scale``)
    keep: float  # weaker ones are not reported
    source: Source
    figures: tuple[Figures, ...] = ()
    cost: str = ""  # milliseconds a picture alone on one core, and the precision


# The digests of the two releases' files are those that many public projects state for these URLs.
# They could not be compared with the files themselves where this was written; docs/models.md says more.
CATALOGUE: tuple[Model, ...] = (
    Model(
        "yolox-nano", "Megvii YOLOX-nano, COCO-80", "Apache-2.0",
        ("yolox_nano/yolox_nano.onnx", "yolox_nano.onnx"), Yolox, 0.5, 0.25,
        Source(
            page="https://github.com/Megvii-BaseDetection/YOLOX",
            url="https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",
            files=(
                File("d39bee73564e338080378b0ad567fbb40e818b55bbfaf971de82a0267ed16b8a", 3_713_911,
                     "the copy that the figures were measured with"),
                File("c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d", 3_659_407,
                     "the file of the official release 0.1.1rc0"),
            ),
        ),
        (Figures("PETS09-S2L1", 0.83, 0.82, 0.82, 0.82), Figures("TUD-Stadtmitte", 0.97, 0.83, 0.89, 0.40)),
        "19–25 ms (bf16)",
    ),
    Model(
        "yolo11n", "Ultralytics YOLO11n, 640×640", "AGPL-3.0",
        ("yolo11n_int8_openvino/yolo11n.xml", "yolo11n_openvino/yolo11n.xml", "yolo11n.xml"), Yolo11, 0.45, 0.25,
        Source(
            page="https://github.com/ultralytics/assets",
            url="https://github.com/ultralytics/assets/releases/download/v8.3.0/yolo11n.pt",
            files=(
                File("0ebbc80d4a7680d14987a577cd21342b65ecfd94632bd9a8da63ae6417644ee1", 5_613_764,
                     "the file of the official release v8.3.0"),
            ),
            converted=True,
        ),
        (Figures("PETS09-S2L1", 0.86, 0.81, 0.83, 0.77), Figures("TUD-Stadtmitte", 0.97, 0.82, 0.89, 0.46)),
        "61–71 ms (int8)",
    ),
    Model(
        "ssd-mobilenet-v2", "Google SSD MobileNetV2 300×300, OpenImages V4", "Apache-2.0",
        ("ssd_mobilenet_v2.tflite",), SsdMobileNet, 0.38, 0.25,
        Source(
            page="npm package @mediapipe/objectron",
            files=(
                File("d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6", 9_987_728,
                     "the one inside @mediapipe/objectron 0.4.1675468480"),
            ),
            comes="make setup takes it out of an npm package",
        ),
        (Figures("PETS09-S2L1", 0.81, 0.80, 0.81, 0.66), Figures("TUD-Stadtmitte", 0.97, 0.70, 0.82, 1.81)),
        "17–22 ms (bf16)",
    ),
)  # fmt: skip


def named(name: str) -> Model | None:
    """The entry of this name."""
    return next((model for model in CATALOGUE if model.name == name), None)
