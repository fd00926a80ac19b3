"""Takes the SSD MobileNetV2 out of Google's npm package ``@mediapipe/objectron`` (Apache-2.0).

    python -m detectors.weights web/ui/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data

The loader script beside that file names the bytes. Exit codes: 0 done (or done before), 2 with one line otherwise.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from vms.domain.errors import ConfigurationError

FIRST, END = 184, 9_987_912
SHA256 = "d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6"
TARGET = Path(__file__).parent / "ssd_mobilenet_v2.tflite"


def extract(assets: Path, target: Path, *, first: int = FIRST, end: int = END, sha256: str = SHA256) -> bool:
    """Writes bytes ``first`` to ``end`` of ``assets`` to ``target``; False when they lie there already.

    Raises ``ConfigurationError`` when the file is missing, too short, or holds other bytes than expected.
    """
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
        return False
    try:
        with assets.open("rb") as file:
            file.seek(first)
            model = file.read(end - first)
    except OSError as err:
        raise ConfigurationError(f"{assets} cannot be read ({err.strerror}): run npm ci in web/ui first") from err
    if len(model) != end - first:
        raise ConfigurationError(f"{assets} ends before byte {end}: install the pinned package anew")
    if (found := hashlib.sha256(model).hexdigest()) != sha256:
        raise ConfigurationError(f"{assets} holds another model (SHA-256 {found[:16]}…, expected {sha256[:16]}…)")
    temporary = target.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(model)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as err:
        raise ConfigurationError(f"{target} cannot be written ({err.strerror})") from err
    return True


def main(arguments: list[str]) -> int:
    """The command line."""
    if len(arguments) != 1:
        print("usage: python -m detectors.weights PATH/objectron_solution_packed_assets.data", file=sys.stderr)  # noqa: T201
        return 2
    try:
        written = extract(Path(arguments[0]), TARGET)
    except ConfigurationError as err:
        print(f"detectors.weights: {err}", file=sys.stderr)  # noqa: T201
        return 2
    print(f"{TARGET} {'written' if written else 'is there'}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
