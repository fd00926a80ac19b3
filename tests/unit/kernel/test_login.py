"""Which of a camera's challenges is answered, and how. The network's side is in the integration tests."""

from __future__ import annotations

import hashlib

import pytest

from vms.domain.errors import IngestError
from vms.ingest.login import Login

URL = "rtsp://h/x"
MD5 = 'Digest realm="cam", nonce="abc"'
SHA = 'Digest realm="cam", nonce="abc", algorithm=SHA-256'
SHA_512 = 'Digest realm="cam", nonce="abc", algorithm=SHA-512-256, qop="auth"'


def answer(*challenges: str, method: str = "DESCRIBE") -> str:
    login = Login("Mufasa", "Circle Of Life")
    assert login.challenged(list(challenges))
    header = login.header(method, URL)
    assert header is not None
    return header


def response(name: str, method: str = "DESCRIBE") -> str:
    """RFC 2617, 3.2.2.1."""

    def digest(text: str) -> str:
        return hashlib.new(name, text.encode()).hexdigest()

    one, two = digest("Mufasa:cam:Circle Of Life"), digest(f"{method}:{URL}")
    return f'response="{digest(f"{one}:abc:{two}")}"'


def test_digest_without_qop() -> None:
    assert answer(MD5).endswith(response("md5"))
    assert 'username="Mufasa", realm="cam", nonce="abc", uri="rtsp://h/x"' in answer(MD5)
    assert answer(MD5, method="SETUP").endswith(response("md5", "SETUP"))


def test_the_first_challenge_that_can_be_answered_is_chosen() -> None:
    assert answer(SHA, MD5).endswith(response("sha256"))
    assert "algorithm=SHA-256" in answer(SHA, MD5)
    assert answer(SHA_512, MD5).endswith(response("md5"))
    assert answer(SHA_512, 'Basic realm="cam"').startswith("Basic ")
    with pytest.raises(IngestError, match="SHA-512-256"):
        answer(SHA_512)


def test_several_qualities_of_protection_are_counted() -> None:
    login = Login("Mufasa", "x")
    assert login.challenged([MD5 + ', qop="auth-int, auth", opaque="o"'])
    first, second = login.header("DESCRIBE", URL), login.header("SETUP", URL)
    assert "qop=auth, nc=00000001" in str(first)
    assert "nc=00000002" in str(second)
    assert login.challenged([MD5 + ', qop="auth"'])  # another nonce counts anew
    assert "nc=00000001" in str(login.header("PLAY", URL))


def test_who_has_no_login_says_nothing() -> None:
    login = Login(None, None)
    assert login.header("DESCRIBE", URL) is None
    assert not login.challenged([MD5])
