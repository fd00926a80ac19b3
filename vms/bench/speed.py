"""What ``vms.bench.pipeline`` finds, as it travels from its process to the report."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Speed:
    """Pictures a second of each round, and CPU milliseconds a picture over all of them, both sides.

    ``persons`` is how many of them the tracks hold in a picture; ``size`` the model's input (width, height).
    """

    model: str
    precision: str
    size: tuple[int, int]
    batch: int
    cores: int
    threads: int
    persons: float
    ours: tuple[float, ...]
    bare: tuple[float, ...]
    ours_cpu_ms: float
    bare_cpu_ms: float

    @property
    def ratios(self) -> list[float]:
        """Ours over the bare model's; a round is compared with its neighbour, which had the same machine."""
        return [ours / bare for ours, bare in zip(self.ours, self.bare, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.ratios)

    def encode(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, line: str) -> Speed:
        """From that line."""
        said = json.loads(line)
        return cls(**{**said, **{key: tuple(said[key]) for key in ("size", "ours", "bare")}})
