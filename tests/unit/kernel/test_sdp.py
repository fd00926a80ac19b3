"""What cameras' descriptions say of their video."""

from __future__ import annotations

import base64

import pytest

from tests.support.footage import encode
from vms.domain.errors import IngestError
from vms.ingest.sdp import video_track
from vms.media import nal

HEAD = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
AUDIO = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=2\r\n"


def video(mapping: str, *lines: str) -> str:
    number = mapping.partition(" ")[0]
    return "\r\n".join([f"m=video 0 RTP/AVP {number}", f"a=rtpmap:{mapping}", *lines, ""])


def text(unit: bytes) -> str:
    return base64.b64encode(unit).decode()


def test_h264_behind_audio() -> None:
    sets = nal.parameter_sets("h264", encode("h264", (64, 48), frames=1)[0].payload)
    sprop = f"sprop-parameter-sets={text(sets.sps[0])},{text(sets.pps[0]).rstrip('=')}"  # some leave the padding out
    body = HEAD + AUDIO + video("97 H264/90000", f"a=fmtp:97 packetization-mode=1; {sprop}", "a=control:trackID=1")
    track = video_track(body)
    assert (track.codec, track.payload_type, track.rate, track.control) == ("h264", 97, 90_000, "trackID=1")
    assert track.sets == sets
    assert not track.donl


def test_h265_with_its_three_sets() -> None:
    sets = nal.parameter_sets("hevc", encode("hevc", (64, 48), frames=1)[0].payload)
    sprop = f"sprop-vps={text(sets.vps[0])};sprop-sps={text(sets.sps[0])};sprop-pps={text(sets.pps[0])}"
    track = video_track(HEAD + video("96 H265/90000", f"a=fmtp:96 sprop-max-don-diff=2;{sprop}"))
    assert (track.codec, track.sets, track.donl, track.control) == ("hevc", sets, True, "")


def test_without_sets_or_with_broken_ones_the_stream_must_have_them() -> None:
    assert not video_track(HEAD + video("96 H264/90000")).sets
    assert not video_track(HEAD + video("96 H264/90000", "a=fmtp:96 sprop-parameter-sets=%%%,A")).sets


def test_the_first_video_that_can_be_recorded() -> None:
    body = HEAD + video("26 JPEG/90000", "a=control:1") + video("96 H264/90000", "a=control:2")
    assert video_track(body).control == "2"


@pytest.mark.parametrize(
    ("body", "reason"),
    [("", "no_video"), (HEAD + AUDIO, "no_video"), (HEAD + video("26 JPEG/90000"), "unsupported_codec")],
)
def test_no_video_or_none_for_us(body: str, reason: str) -> None:
    with pytest.raises(IngestError) as failure:
        video_track(body)
    assert failure.value.reason == reason
