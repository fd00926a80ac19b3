"""Which files a span is made of."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from recorder.render.footage import all_in_span
from tests.support.footage import encode, looped
from tests.support.recorded import CAMERA, SITE, Recordings
from tests.support.tryout_desk import START, asked
from vms.domain.tryouts import Start


def test_spans_that_are_none() -> None:
    for seconds in (0.0, -1.0, 86_401.0):
        with pytest.raises(ValueError, match="hours"):
            asked(seconds=seconds)
    with pytest.raises(ValueError, match="timezone"):
        Start.model_validate_json(json.dumps(asked().model_dump(mode="json") | {"start": "2027-01-15T08:00:00"}))


def test_every_file_of_a_long_span_is_found_in_order(recordings: Recordings) -> None:
    times = [START + 3600 * n for n in (0, 1, 2, 5, 23)]
    for utc in reversed(times):
        recordings.record("h264", encode(size=(64, 48)), utc)
    found = all_in_span(recordings.root, SITE, CAMERA, START - 60, START + 86_400)
    assert [(start, end) for _, start, end in found] == [(utc, utc + 2) for utc in times]
    cut = all_in_span(recordings.root, SITE, CAMERA, START + 1, START + 3601)
    assert [(start, end) for _, start, end in cut] == [(START + 1, START + 2), (START + 3600, START + 3601)]


def test_where_two_files_claim_a_moment_one_counts(recordings: Recordings) -> None:
    recordings.record("h264", looped(encode(size=(64, 48)), 10), START)
    recordings.record("h264", looped(encode(size=(64, 48)), 10), START + 10)  # the host's clock was set back
    found = all_in_span(recordings.root, SITE, CAMERA, START, START + 60)
    spans = [(start - START, end - START) for _, start, end in found]
    assert spans == [(0, 20), (20, 30)]
    assert timedelta(seconds=sum(end - start for start, end in spans)) == timedelta(seconds=30)
