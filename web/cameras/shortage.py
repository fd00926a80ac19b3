"""The alert that a node's analysis does not keep up: cameras where something happens get less than ``min_fps``.

Its detectors say in their heartbeats which cameras are behind; one alert a node tells of all of them. Not here: how
inference is shared meanwhile (``detectors.sampling.governor``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vms.domain.messages import DetectorState
from vms.domain.node import NodeAlertKind
from web.cameras.node_trouble import NodeTrouble, Standing


class Shortage(NodeTrouble):
    """Marks how many cameras are behind."""

    kind: ClassVar[NodeAlertKind] = "analysis"

    def standing(self, states: Sequence[DetectorState]) -> Standing:
        """Rates are pictures a second for the model, of all cameras."""
        behind = sum(state.behind for state in states)
        detail = {
            "reason": "analysis_slow", "cameras_behind": behind,
            "inferred_fps": round(sum(state.inferred_fps for state in states), 1),
            "wanted_fps": round(sum(state.wanted_fps for state in states), 1),
            "min_fps": self.current.facility.detector.least_fps,
        }  # fmt: skip
        return Standing(behind, detail)
