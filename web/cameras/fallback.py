"""The alert that a node counts without a model that knows persons: until it is mended counts are guesses.

Its detectors say so in their heartbeats. Not here: what they fall back to, and when (``detectors.model_choice``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vms.domain.messages import DetectorState
from vms.domain.node import NodeAlertKind
from web.cameras.node_trouble import NodeTrouble, Standing


class Fallback(NodeTrouble):
    """Marks what runs instead, and why."""

    kind: ClassVar[NodeAlertKind] = "model"

    def standing(self, states: Sequence[DetectorState]) -> Standing:
        """``model`` is the one that runs, ``cameras`` how many it counts in."""
        worse = [state for state in states if state.fallback]
        if not worse:
            return Standing(None, {})
        model, why = min((state.model or "", state.fallback_detail) for state in worse)
        detail = {"reason": "model_fallback", "model": model, "detail": why, "cameras": len(worse)}
        return Standing((model, why), detail)
