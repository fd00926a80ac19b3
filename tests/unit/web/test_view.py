"""Since when a camera is in its state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.web.rig import facility
from vms.domain.messages import DetectorState, RecorderState, StreamReason
from web.cameras.view import CameraView, Report, begun, judge

KNOWN = datetime(2026, 11, 22, 6, 18, tzinfo=UTC)
AGAIN = KNOWN + timedelta(minutes=40)
SITE = facility().sites[0]


def report(since: datetime, *, fresh: bool = True, reason: StreamReason | None = None) -> Report[RecorderState]:
    return Report(RecorderState(site="s", camera="c", at=AGAIN, since=since, status="recording", reason=reason), fresh)


def test_recording_counts_from_where_its_recorder_began() -> None:
    earlier = report(KNOWN - timedelta(hours=1))
    assert begun("recording", None, KNOWN, report(AGAIN)) == AGAIN  # broken off while nobody watched
    assert begun("recording", None, KNOWN, earlier) == KNOWN
    assert begun("recording", None, KNOWN, report(AGAIN, fresh=False)) == KNOWN
    assert begun("recording", None, KNOWN, None) == KNOWN
    assert begun("offline", "timeout", KNOWN, report(AGAIN)) == KNOWN
    assert begun("recording", None, None, earlier) == KNOWN - timedelta(hours=1)  # it could not be heard, and went on
    assert begun("recording", "disk", None, earlier) is None
    assert begun("offline", "timeout", None, earlier) is None


def test_what_a_camera_left_out_is_told() -> None:
    state = RecorderState(site="s", camera="c", at=AGAIN, since=KNOWN, status="recording", packets_missed=7)
    view = CameraView(SITE, SITE.cameras[0], "recording", None, KNOWN, Report(state, True), None)
    assert view.represent(0)["packets_missed"] == 7
    unknown = CameraView(SITE, SITE.cameras[0], "offline", None, KNOWN, None, None)
    assert unknown.represent(0)["packets_missed"] is None


def test_how_long_it_has_been_dark_is_not_asked_of_a_clock_that_may_be_set() -> None:
    """The host's clock went ahead by an hour just before the camera's stream broke for two seconds."""
    state = RecorderState(
        site="s", camera="c", at=AGAIN, since=KNOWN, status="offline", last_frame_at=KNOWN, silent_s=2.0
    )
    view = CameraView(SITE, SITE.cameras[0], "offline", "timeout", KNOWN, Report(state, True), None)
    assert view.dark_s() == 2.0


@pytest.mark.parametrize(
    ("reason", "told"),
    [(None, None), ("corrupt", "corrupt"), ("decoder", "decoder"), ("unauthorized", None), ("connecting", None)],
)
def test_a_camera_that_is_recorded_and_cannot_be_decoded_is_recorded_with_a_reason(
    reason: StreamReason | None, told: str | None
) -> None:
    state = DetectorState(
        site="s", camera="c", at=AGAIN, since=KNOWN, status="online" if reason is None else "offline", reason=reason
    )
    assert judge(SITE.cameras[0], report(KNOWN), Report(state, True)) == ("recording", told)
    assert judge(SITE.cameras[0], report(KNOWN), Report(state, False)) == ("recording", None)
    assert judge(SITE.cameras[0], report(KNOWN, fresh=False), Report(state, True))[1] == "worker_lost"
    # Footage that may be lost is graver than counts that are.
    assert judge(SITE.cameras[0], report(KNOWN, reason="disk"), Report(state, True)) == ("recording", "disk")


def test_counts_of_zones_have_their_uncertainty_while_the_detector_is_heard() -> None:
    state = DetectorState(
        site="s", camera="c", at=AGAIN, since=KNOWN, status="online", person_count=2, person_sigma=0.4,
        zone_counts={"door": 1}, zone_sigmas={"door": 0.3},
    )  # fmt: skip
    told = CameraView(SITE, SITE.cameras[0], "recording", None, KNOWN, None, Report(state, True)).represent(0)
    assert (told["zone_counts"], told["zone_sigmas"]) == ({"door": 1}, {"door": 0.3})
    silent = CameraView(SITE, SITE.cameras[0], "recording", None, KNOWN, None, Report(state, False)).represent(0)
    assert (silent["zone_counts"], silent["zone_sigmas"]) == ({}, {})
