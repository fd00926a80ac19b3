"""A rendition's access units as ready-made interleaved RTP, parsed once and shared by every session.

Belongs here: MP4 → access units → RTP payloads (packetised by the library) → patching for a session. Not here:
when anything is sent.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import av
from aio_rtsp_toolkit.server_media import MediaSource, MediaSourceLoader, extract_nalus
from aio_rtsp_toolkit.server_rtp import RtspRtpMixin

CLOCK_RATE = 90_000
_PARAMETER_SETS = {"h264": ("sps", "pps"), "h265": ("vps", "sps", "pps")}
_INTERLEAVED = struct.Struct("!cBH")
_RTP = struct.Struct("!BBHII")
_PATCH = struct.Struct("!HII")
_PATCH_AT = _INTERLEAVED.size + 2


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """All packets of one frame, one after the other, each as ``$ channel length RTP``; ``at``: where each begins."""

    key: bool
    packets: bytes
    at: tuple[int, ...]
    octets: int
    """RTP payload bytes, as sender reports count them."""

    def addressed(self, channel: int, sequence: int, timestamp: int, ssrc: int) -> bytearray:
        """A copy for one session; ``sequence`` is that of the first packet."""
        out = bytearray(self.packets)
        for k, at in enumerate(self.at):
            out[at + 1] = channel
            _PATCH.pack_into(out, at + _PATCH_AT, (sequence + k) & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
        return out


@dataclass(frozen=True, slots=True)
class Track:
    """One stream of a camera in memory. ``media`` carries the parameter sets and makes the SDP."""

    media: MediaSource
    units: tuple[AccessUnit, ...]


def load_track(path: Path, name: str) -> Track:
    """Parse the MP4 at ``path``; ``name`` is what the SDP calls the session."""
    media = MediaSourceLoader(name).load(path)
    info = media.tracks[0]
    packetizer = RtspRtpMixin()
    units = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.size == 0:
                continue
            nalus = [nalu for nalu in extract_nalus(info.codec_name, bytes(packet), info.nal_length_size) if nalu]
            if packet.is_keyframe:
                # A joiner starts here, so that every key frame brings its parameter sets.
                nalus = [info.parameter_sets[name] for name in _PARAMETER_SETS[info.codec_name]] + nalus
            payloads: list[tuple[bytes, int]] = []
            for k, nalu in enumerate(nalus):
                last = int(k == len(nalus) - 1)
                payloads += packetizer._packetize_video_nalu(nalu, last, info.codec_name)
            units.append(_unit(payloads, bool(packet.is_keyframe), info.payload_type))
    return Track(media, tuple(units))


def _unit(payloads: list[tuple[bytes, int]], key: bool, payload_type: int) -> AccessUnit:
    out, at = bytearray(), []
    for payload, marker in payloads:
        at.append(len(out))
        out += _INTERLEAVED.pack(b"$", 0, _RTP.size + len(payload))
        out += _RTP.pack(0x80, marker << 7 | payload_type, 0, 0, 0)
        out += payload
    return AccessUnit(key, bytes(out), tuple(at), sum(len(payload) for payload, _ in payloads))
