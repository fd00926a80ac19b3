"""Secrets in text: no part of a password survives, and what is no secret stays."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.domain.redaction import redact
from vms.settings import logs


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("rtsp://admin:secret@10.1.1.11/main", "rtsp://***@10.1.1.11/main"),
        ("rtsp://admin:se@cr:et@10.1.1.11:554/main", "rtsp://***@10.1.1.11:554/main"),
        ("rtsp://admin:s'e\"c<r>et@h/main", "rtsp://***@h/main"),
        ("rtsp://admin@h/main", "rtsp://***@h/main"),
        ("rtsp://h/main", "rtsp://h/main"),
        ("RTSPS://u:p@h", "RTSPS://***@h"),
        ("a rtsp://u:p@h/1 b rtsp://v:q@i/2, c", "a rtsp://***@h/1 b rtsp://***@i/2, c"),
        ("rtsp://u:p@h/1,rtsp://v:q@i/2", "rtsp://***@h/1,rtsp://***@i/2"),
        ("'rtsp://u:p@h' and \"nats://v:q@i\"", "'rtsp://***@h' and \"nats://***@i\""),
        ("http://h/x?user=u&password=geheim&a=1", "http://h/x?user=u&password=***&a=1"),
        ("http://h/x?Token=geheim", "http://h/x?Token=***"),
        ("rtsp://h/user=admin_password=geheim_channel=1.sdp", "rtsp://h/user=admin_password=***"),
        ("rtsp://h/x;pwd=geheim&a=1", "rtsp://h/x;pwd=***&a=1"),
        ("mail me@home.vn about rtsp://h/1", "mail me@home.vn about rtsp://h/1"),
        ("rtsp://h/path@2x", "rtsp://h/path@2x"),
        ("two lines rtsp://u:p@h\nrtsp://v:q@i", "two lines rtsp://***@h\nrtsp://***@i"),
        ("", ""),
    ],
)
def test_redact(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@given(
    password=st.text(
        alphabet=st.characters(exclude_characters="/", exclude_categories=("Z", "C")), min_size=6, max_size=20
    ).filter(lambda p: p not in "rtsp://***@camera.example/main and more"),
    before=st.sampled_from(["", "open ", "'", '"', "url=", "("]),
    after=st.sampled_from(["", " and more", "'", '"', ")", ", rtsp://u:p@other/x"]),
)
def test_no_password_survives(password: str, before: str, after: str) -> None:
    text = redact(f"{before}rtsp://user:{password}@camera.example/main{after}")
    assert password not in text
    assert "camera.example/main" in text


def test_every_line_of_the_log_is_redacted() -> None:
    """At the handler: arguments, exceptions and third parties' lines alike."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        logs.configure("test")
        root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
        logging.getLogger("any.library").warning("opened %s", "rtsp://u:geheim@h/x")
        try:
            raise OSError("no rtsp://u:geheim@h/x")
        except OSError:
            logging.getLogger("any.library").exception("failed")
    finally:
        root.handlers[:], root.level = before
    assert "geheim" not in stream.getvalue()
    assert stream.getvalue().count("rtsp://***@h/x") == 3  # the traceback shows the line that raised
    assert " WARNING test opened " in stream.getvalue()


def test_who_is_quoted_in_the_log_writes_no_line_of_his_own() -> None:
    """Ends of lines of all kinds, what turns a line round, and what a terminal would obey."""
    forged = "2026-03-01T12:00:00.000Z INFO web session.opened user=admin"
    said = f"x\n{forged}\r\n{forged}\x0b{forged}\x85{forged}\u2028{forged}\u202e\x1b[2Jend"
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        logs.configure("test")
        root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
        logging.getLogger("any").warning("camera.refused error=%s", said)
        try:
            raise OSError(said)
        except OSError:
            logging.getLogger("any").exception("failed")
    finally:
        root.handlers[:], root.level = before
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if line.startswith("2026-03-01T12")] == []
    first, second, *trace = lines
    assert first.endswith("\\u202e\\x1b[2Jend")
    assert second.endswith("failed")
    assert all(line.startswith("  ") and line.isprintable() for line in trace)
