"""Every reason that a gap may have is one of the domain's, and the dashboard knows all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from recorder import gaps
from recorder.retention import deletion
from vms.domain.messages import GapReason, StreamReason

TYPES = Path(__file__).parents[3] / "web/ui/src/api/types.ts"


def test_what_a_recorder_says_is_in_the_list() -> None:
    listed = set(get_args(GapReason))
    assert len(listed) == len(get_args(GapReason))
    said = {*gaps._CAUSES, *gaps._VAGUE, *gaps._AWAY, *gaps._LEFT, *get_args(StreamReason), *get_args(deletion.Reason)}
    assert said <= listed


def test_the_dashboard_s_list_is_the_same() -> None:
    """That its catalogues have a word for each is a test of the dashboard."""
    found = re.search(r"GAP_REASONS = \[(.*?)\] as const", TYPES.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    assert sorted(re.findall(r"'(\w+)'", found[1])) == sorted(get_args(GapReason))
