"""Which of a camera's challenges is answered, and how. The network's side is in the integration tests."""

from __future__ import annotations

import pytest

from vms.domain.errors import IngestError
from vms.ingest import preflight

TARGET = preflight.Target("rtsp://h/x", ("127.0.0.1", 554), "h", False, "Mufasa", "Circle Of Life")
MD5 = 'Digest realm="cam", nonce="abc"'
SHA = 'Digest realm="cam", nonce="abc", algorithm=SHA-256, qop="auth"'


def test_digest_without_qop() -> None:
    answer = preflight._authorize([MD5], TARGET)
    one, two = preflight._md5("Mufasa:cam:Circle Of Life"), preflight._md5("DESCRIBE:rtsp://h/x")
    assert answer.endswith(f'response="{preflight._md5(f"{one}:abc:{two}")}"')  # RFC 2617, 3.2.2.1
    assert 'username="Mufasa", realm="cam", nonce="abc", uri="rtsp://h/x"' in answer


def test_the_challenge_that_can_be_answered_is_chosen() -> None:
    assert "qop" not in preflight._authorize([SHA, MD5], TARGET)
    assert preflight._authorize([SHA, 'Basic realm="cam"'], TARGET).startswith("Basic ")
    with pytest.raises(IngestError, match="SHA-256"):
        preflight._authorize([SHA], TARGET)


def test_several_qualities_of_protection() -> None:
    assert "qop=auth, nc=00000001" in preflight._authorize([MD5 + ', qop="auth-int, auth", opaque="o"'], TARGET)
