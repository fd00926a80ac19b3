"""From a camera's address to a stream that plays: DESCRIBE, SETUP, PLAY, each within its time.

A silent, refusing, redirecting or audio-only camera is told apart here, with a named reason. Source: RFC 2326.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vms.domain.errors import IngestError
from vms.ingest.address import Target
from vms.ingest.conversation import Conversation
from vms.ingest.sdp import VideoTrack, video_track

TIMEOUT_S = 5.0
#: Unless the camera says otherwise (RFC 2326, 12.37).
_SESSION_S = 60.0
_GOODBYE_S = 0.2


@dataclass(frozen=True, slots=True)
class Playing:
    """A camera that sends. ``uri`` is the presentation's, for all further requests."""

    talk: Conversation
    track: VideoTrack
    uri: str
    channel: int  # of RTP; RTCP has the next one
    control_channel: int
    session_s: float  # without a word from us for so long the camera ends it

    @property
    def link(self) -> socket.socket:
        """The connection."""
        return self.talk.link

    def close(self) -> None:
        """Says so, that the camera has room for the next session at once, and hangs up."""
        with contextlib.suppress(OSError):
            self.link.settimeout(_GOODBYE_S)
            self.link.sendall(self.talk.request("TEARDOWN", self.uri))
        self.link.close()


def describe(
    target: Target, timeout_s: float = TIMEOUT_S, asking: Callable[[socket.socket], None] = lambda _: None
) -> str:
    """The codec (``h264`` or ``hevc``) of the camera's video; raises ``IngestError`` with a named reason.

    ``asking`` gets the connection while it lasts: shutting it down ends the wait.
    """
    with _named(timeout_s):
        talk = Conversation(target, timeout_s, asking)
        try:
            return _described(talk)[0].codec
        finally:
            talk.link.close()


def play(
    target: Target, timeout_s: float = TIMEOUT_S, asking: Callable[[socket.socket], None] = lambda _: None
) -> Playing:
    """The camera's video over TCP, to be closed by the caller; raises ``IngestError`` as ``describe`` does."""
    with _named(timeout_s):
        talk = Conversation(target, timeout_s, asking)
        try:
            return _played(talk)
        except BaseException:
            talk.link.close()
            raise


def _played(talk: Conversation) -> Playing:
    track, uri = _described(talk)
    reply = talk.ask("SETUP", _joined(uri, track.control), {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
    session, _, words = reply.header("session").partition(";")
    if not session:
        raise IngestError("corrupt", "the camera opened no session")
    talk.session = session.strip()
    channels = re.search(r"interleaved=(\d+)(?:-(\d+))?", reply.header("transport"))
    rtp = int(channels.group(1)) if channels is not None else 0
    rtcp = int(channels.group(2)) if channels is not None and channels.group(2) else rtp + 1
    kept = re.search(r"timeout=(\d+)", words)
    talk.ask("PLAY", uri, {"Range": "npt=0.000-"})
    return Playing(talk, track, uri, rtp, rtcp, float(kept.group(1)) if kept is not None else _SESSION_S)


@contextlib.contextmanager
def _named(timeout_s: float) -> Iterator[None]:
    """The line's errors as ``IngestError``."""
    try:
        yield
    except TimeoutError as err:
        raise IngestError("timeout", f"no answer within {timeout_s:g} s") from err
    except (OSError, ssl.SSLError) as err:
        raise IngestError("unreachable", err.strerror or type(err).__name__) from err


def _described(talk: Conversation) -> tuple[VideoTrack, str]:
    reply = talk.ask("DESCRIBE", talk.target.url, {"Accept": "application/sdp"})
    base = reply.header("content-base") or reply.header("content-location") or talk.target.url
    return video_track(reply.body), base.strip()


def _joined(base: str, control: str) -> str:
    """A relative control is put behind the base, whatever stands in its query: so cameras mean it."""
    if control in ("", "*"):
        return base
    if re.match(r"rtsps?://", control, re.IGNORECASE):
        return control
    return f"{base}{'' if base.endswith('/') else '/'}{control.lstrip('/')}"
