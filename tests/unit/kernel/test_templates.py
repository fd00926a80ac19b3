"""``${NAME}`` in camera URLs."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from vms.domain.errors import ConfigurationError
from vms.settings.templates import has_password, resolve, variables

URL = "rtsp://${CAM_USER}:${CAM_PASS}@10.1.1.11/main"


def test_variables_in_order() -> None:
    assert variables(URL) == ["CAM_USER", "CAM_PASS"]
    assert variables("rtsp://h/x") == []


def test_resolved() -> None:
    assert resolve(URL, {"CAM_USER": "u", "CAM_PASS": "p", "OTHER": "x"}) == "rtsp://u:p@10.1.1.11/main"
    assert resolve("rtsp://${H}/x?$y=1", {"H": "10.0.0.1:8554"}) == "rtsp://10.0.0.1:8554/x?$y=1"


def test_a_missing_one_is_named_with_the_remedy() -> None:
    with pytest.raises(ConfigurationError, match=r"lacks CAM_PASS: set CAM_PASS, or take \$\{CAM_PASS\} out"):
        resolve(URL, {"CAM_USER": "u"})


@pytest.mark.parametrize("name", ["", "A-B", "1A", "A B", "A.B"])
def test_a_malformed_one_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is no variable name"):
        variables(f"rtsp://${{{name}}}@h/x")


def test_a_value_is_not_resolved_again() -> None:
    assert resolve("rtsp://u:${A}@h", {"A": "${B}", "B": "x"}).count("x") == 0


@pytest.mark.parametrize("password", ["p@ss", "p/ss", "p:ss", "p?s#s", "p@ss:w/rd", "mật khẩu", "50%"])
def test_a_password_of_any_characters_stays_the_password(password: str) -> None:
    """As it stands in the environment: it must not become part of the host, nor of the path."""
    parts = urlsplit(resolve(URL, {"CAM_USER": "admin", "CAM_PASS": password}))
    assert (parts.hostname, parts.path, parts.username) == ("10.1.1.11", "/main", "admin")
    assert unquote(parts.password or "") == password


def test_a_password_that_is_encoded_already_is_left_so() -> None:
    assert resolve(URL, {"CAM_USER": "u", "CAM_PASS": "p%40ss"}) == "rtsp://u:p%40ss@10.1.1.11/main"


def test_credentials_in_one_variable() -> None:
    assert resolve("rtsp://${BOTH}@h/x", {"BOTH": "u:p@ss"}) == "rtsp://u:p%40ss@h/x"


@pytest.mark.parametrize(
    ("url", "is_written_out"),
    [
        (URL, False), ("rtsp://${BOTH}@h/x", False), ("rtsp://admin@h/x", False), ("rtsp://admin:@h/x", False),
        ("rtsp://h/x:y@z", False), ("rtsp://${H}:${P}/x", False), ("rtsp://h/x?password=${P}&channel=1", False),
        ("rtsp://h/user=admin_password=${P}_channel=1", False),
        ("rtsp://admin:geheim@h/x", True), ("rtsp://${U}:geheim@h/x", True), ("rtsp://u:g${P}@h/x", True),
        ("rtsp://h/x?user=u&password=geheim", True), ("rtsp://h/user=admin_password=geheim_channel=1", True),
    ],
)  # fmt: skip
def test_a_password_that_is_written_out_is_known(url: str, is_written_out: bool) -> None:
    assert has_password(url) is is_written_out
