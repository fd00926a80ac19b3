"""What a camera's description (SDP) says of its video. Sources: RFC 8866, RFC 6184 8.2, RFC 7798 7.2."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from vms.domain.errors import IngestError
from vms.media import nal
from vms.media.nal import ParameterSets

_CODECS = {"H264": "h264", "H265": "hevc", "HEVC": "hevc"}
_SPROP = {
    "h264": ("sprop-parameter-sets",),
    "hevc": ("sprop-vps", "sprop-sps", "sprop-pps"),
}


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The first video track that can be recorded."""

    codec: str  # "h264" or "hevc"
    payload_type: int
    rate: int  # RTP clock ticks a second
    sets: ParameterSets  # empty where the stream alone carries them
    control: str  # where to SET it UP; absolute, or relative to the presentation
    donl: bool  # each unit is preceded by its decoding order number (RFC 7798, 4.4.1)


def video_track(sdp: str) -> VideoTrack:
    """Raises ``IngestError`` where there is no video, or none that can be recorded."""
    sections = re.split(r"^m=", sdp, flags=re.MULTILINE)[1:]
    named: list[str] = []
    videos = [section for section in sections if section.startswith("video ")]
    if not videos:
        raise IngestError("no_video", "the camera offers no video track")
    for section in videos:
        for number, name, rate in re.findall(r"^a=rtpmap:(\d+) ([\w.-]+)/(\d+)", section, re.MULTILINE):
            codec = _CODECS.get(name.upper())
            if codec is None:
                named.append(name)
                continue
            parameters = _parameters(section, number)
            control = re.search(r"^a=control:(\S+)", section, re.MULTILINE)
            return VideoTrack(
                codec, int(number), int(rate) or 90_000, _sets(codec, parameters),
                control.group(1) if control is not None else "", parameters.get("sprop-max-don-diff", "0") != "0",
            )  # fmt: skip
    raise IngestError("unsupported_codec", f"{', '.join(named) or 'unnamed'}: set the camera to H.264 or H.265")


def _parameters(section: str, number: str) -> dict[str, str]:
    found = re.search(rf"^a=fmtp:{number} (.*)$", section, re.MULTILINE)
    pairs = (part.strip().partition("=") for part in (found.group(1) if found is not None else "").split(";"))
    return {name.lower(): value.strip() for name, _, value in pairs}


def _sets(codec: str, parameters: dict[str, str]) -> ParameterSets:
    units = b""
    for name in _SPROP[codec]:
        for text in parameters.get(name, "").split(","):
            try:
                unit = base64.b64decode(text + "=" * (-len(text) % 4))
            except binascii.Error:  # the stream has them too, as a rule
                continue
            if unit:
                units += b"\x00\x00\x00\x01" + unit
    return nal.parameter_sets(codec, units)
