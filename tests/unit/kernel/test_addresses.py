"""Where a camera's URL may lead, and where never: what docs/reliability.md lists as refused."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import pytest

from vms.domain.errors import ConfigurationError, IngestError
from vms.domain.facility import Facility, Streams
from vms.domain.model import STORED
from vms.ingest.address import target_of
from vms.settings.environment import LOOPBACK, Environment

NOWHERE = [
    "169.254.169.254", "169.254.0.1", "[fe80::1]", "[fe80::a9fe:a9fe%lo]", "[fd00:ec2::254]", "100.100.100.200",
    "168.63.129.16", "224.0.0.1", "239.255.255.250", "[ff02::1]", "0.0.0.0", "0.1.2.3", "[::]", "255.255.255.255",
    "240.0.0.1", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]",
]  # fmt: skip
#: They are names to a reader of the URL, and addresses to the resolver.
DISGUISED = ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "0"]


@pytest.mark.parametrize("host", [*NOWHERE, *DISGUISED])
@pytest.mark.parametrize("variable", ["", "0", "1"])
def test_no_camera_is_there_whatever_is_allowed(host: str, variable: str) -> None:
    with pytest.raises(IngestError, match="no camera is there; correct the URL") as told:
        target_of(f"rtsp://admin:geheim@{host}/x", {LOOPBACK: variable})
    assert told.value.reason == "configuration"
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize("host", NOWHERE)
def test_a_new_file_does_not_name_it_and_an_old_revision_may(host: str) -> None:
    """An old revision must stop no recorder: its camera is refused when it is connected to."""
    with pytest.raises(ValueError, match="no camera is there"):
        Streams.model_validate({"main": f"rtsp://{host}/x"})
    assert Streams.model_validate({"main": f"rtsp://{host}/x"}, context=STORED)


def test_rules_are_drawn_for_an_old_camera() -> None:
    streams = {"main": "rtsp://10.0.0.1/x", "sub": "rtsp://169.254.1.1/x"}
    camera = {"id": "c", "name": "C", "placement": "gate", "streams": streams}
    site = {"id": "s", "name": "S", "cameras": [camera]}
    facility = Facility.model_validate({"facility": {"name": "F"}, "sites": [site]}, context=STORED)
    _, old = next(facility.cameras())
    old.check_successor(old)


@pytest.mark.parametrize(
    "host", ["10.1.1.11", "192.168.1.20", "172.16.0.9", "203.0.113.7", "[fd00::20]", "[2001:db8::7]"]
)
def test_cameras_are_there(host: str) -> None:
    assert target_of(f"rtsp://{host}/x", {LOOPBACK: "0"}).peer == (host.strip("[]"), 554)
    assert Streams.model_validate({"main": f"rtsp://{host}/x"})


@pytest.mark.parametrize(
    ("host", "unsaid"),
    [
        ("127.0.0.1", True), ("127.0.0.9", True), ("[::1]", True), ("[::ffff:127.0.0.1]", True), ("localhost", True),
        ("127.1", False), ("0x7f.1", False), ("2130706433", False),  # nobody writes it so who means it
    ],
)  # fmt: skip
def test_this_host_itself_is_meant_where_it_is_written(host: str, unsaid: bool) -> None:
    for variable, allowed in (("", unsaid), ("1", True), ("0", False)):
        if allowed:
            target_of(f"rtsp://{host}/x", {LOOPBACK: variable})
            continue
        with pytest.raises(IngestError, match=LOOPBACK) as told:
            target_of(f"rtsp://{host}/x", {LOOPBACK: variable})
        assert told.value.reason == "configuration"


def test_the_variable_is_0_or_1(data: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"{LOOPBACK}=yes is neither 0 nor 1"):
        Environment.read(data, {LOOPBACK: "yes"})


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "concat:rtsp://10.0.0.1/x|file:///etc/passwd", "http://10.0.0.1/x", "https://10.0.0.1/x",
        "rtmp://10.0.0.1/x", "tcp://10.0.0.1:554", "unix:///run/x", "pipe:0", "data:text/plain,x", "-i", "10.0.0.1/x",
        "rtsp://10.0.0.1/x -rtsp_transport udp", "rtsp://10.0.0.1/x\t-i", "rtsp://10.0.0.1/x\r\nCSeq: 1",
        "rtsp://10.0.0.1/x\nSession: 1", "rtsp://10.0.0.1/x\x00.mp4", "rtsp://10.0.0.1/\x7f", "\nrtsp://10.0.0.1/x",
        "rtsp://10.0.0.1/x\u2028y",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_camera_is_refused_everywhere(url: str) -> None:
    """By who reads the file, and once more by who connects: a variable of the environment was filled in between."""
    with pytest.raises(ValueError, match=r"no spaces|is not for cameras"):
        Streams.model_validate({"main": url}, context=STORED)
    with pytest.raises(IngestError) as told:
        target_of(url, {})
    assert told.value.reason == "configuration"


@pytest.mark.parametrize(
    "url", ["rtsp://u:ge℀heim@h/x", "rtsp://u:a[geheim]@h/x", "rtsp://u:geheim[@h/x", "rtsp://u:geheim@℀/x"]
)
def test_what_cannot_be_taken_apart_is_told_without_its_login(url: str) -> None:
    """Python's own words for it quote the login, without the scheme that a redaction looks for."""
    with pytest.raises(ValueError, match="cannot be taken apart") as stated:
        Streams.model_validate({"main": url})
    with pytest.raises(IngestError, match="cannot be taken apart") as told:
        target_of(url, {})
    assert told.value.reason == "configuration"
    for err in (stated.value, told.value):
        text = "".join(traceback.format_exception(err))
        assert not re.search("heim|geheim", text)
