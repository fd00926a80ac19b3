"""Certificates that can be served, those that cannot, and those that come while others are served."""

from __future__ import annotations

import os
import shutil
import ssl
from pathlib import Path

import pytest

from tests.support.certificates import encrypted, made
from tests.support.clocks import ManualClock
from vms.doctor import parts
from vms.domain.clock import SystemClock
from vms.domain.errors import ConfigurationError
from web.tls import CERTIFICATE, KEY, Certificate, Pair, attempt


def env(pair: Pair) -> dict[str, str]:
    return {CERTIFICATE: str(pair.certificate), KEY: str(pair.key)}


def served(one: Certificate) -> str:
    """The serial number that a browser is shown now."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = ssl.create_default_context()
    asking.check_hostname = False
    asking.verify_mode = ssl.CERT_NONE
    client, server = asking.wrap_bio(back, there), one.context.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found = client.getpeercert(binary_form=True)
    assert found
    return ssl.DER_cert_to_PEM_cert(found)


def test_both_are_named_or_none() -> None:
    assert Pair.of({}) is None
    assert Pair.of({CERTIFICATE: "", KEY: ""}) is None
    for there, lacking in ((CERTIFICATE, KEY), (KEY, CERTIFICATE)):
        with pytest.raises(ConfigurationError, match=f"{there} is set and {lacking} is not"):
            Pair.of({there: "x"})


def test_a_good_one_has_an_end(tmp_path: Path) -> None:
    pair = made(tmp_path, ends="20400102030405Z")
    assert Pair.of(env(pair)) == pair
    ends = attempt(pair).ends
    assert ends is not None
    assert ends.isoformat() == "2040-01-02T03:04:05+00:00"
    found = parts.certificate(env(pair))
    assert found is not None
    assert (found.level, found.text.endswith("until 2040-01-02")) == ("ok", True)
    assert parts.certificate({}) is None


def test_each_fault_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    good, other = made(tmp_path, "good"), made(tmp_path, "other")
    text, gone = tmp_path / "text", tmp_path / "gone"
    text.write_text("no certificate\n", encoding="utf-8")
    cases = {
        Pair(gone, good.key): f"{CERTIFICATE}={gone} cannot be read: No such file or directory",
        Pair(good.certificate, gone): f"{KEY}={gone} cannot be read: No such file or directory",
        Pair(tmp_path, good.key): f"{CERTIFICATE}={tmp_path} cannot be read: Is a directory",
        Pair(text, good.key): "are no certificate and key in PEM",
        Pair(good.certificate, text): "are no certificate and key in PEM",
        Pair(good.certificate, other.key): f"{KEY}={other.key} is not the key of {CERTIFICATE}={good.certificate}",
        encrypted(good): "is encrypted; store it without a password",
    }
    for pair, said in cases.items():
        with pytest.raises(ConfigurationError) as told:
            Certificate(pair, SystemClock())
        assert said in str(told.value), (said, str(told.value))
        assert "\n" not in str(told.value)
        found = parts.certificate(env(pair))
        assert found is not None
        assert found.level == "problem"
        assert found.remedy


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        ("20200101000000Z", "20200102000000Z", "has expired: renew it"),
        ("20990101000000Z", "20990102000000Z", "is not valid yet: check the host's clock"),
    ],
)
def test_one_that_is_out_of_time_is_served_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, begins: str, ends: str, said: str
) -> None:
    """A service that did not start would not record either."""
    pair = made(tmp_path, begins=begins, ends=ends)
    one = Certificate(pair, SystemClock())
    assert served(one) in pair.certificate.read_text(encoding="utf-8")
    assert caplog.text.count(f"{CERTIFICATE}={pair.certificate} {said}") == 1
    found = parts.certificate(env(pair))
    assert found is not None
    assert (found.level, said in found.text) == ("problem", True)


def test_one_that_ends_soon_is_said_each_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pair = made(tmp_path)
    ends = attempt(pair).ends
    assert ends is not None
    clock = ManualClock(utc=ends.timestamp() - 3 * 86400)
    one = Certificate(pair, clock)
    one.look()
    assert caplog.text.count("tls.ending") == 1
    clock.advance(86400)
    one.look()
    assert caplog.text.count("tls.ending") == 2


def test_renewed_files_are_taken_and_bad_ones_are_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, second = made(tmp_path, "first"), made(tmp_path, "second", ends="20400101000000Z")
    pair = Pair(tmp_path / "web.pem", tmp_path / "web.key")

    def put(source: Path, target: Path) -> None:
        fresh = target.with_suffix(".fresh")
        shutil.copy(source, fresh)
        os.replace(fresh, target)

    put(first.certificate, pair.certificate)
    put(first.key, pair.key)
    one = Certificate(pair, SystemClock())
    was = served(one)
    assert was in first.certificate.read_text(encoding="utf-8")
    put(second.certificate, pair.certificate)  # the key is still on its way
    for _ in range(3):
        one.look()
    assert served(one) == was
    assert caplog.text.count("tls.kept") == 1
    put(second.key, pair.key)
    one.look()
    assert served(one) in second.certificate.read_text(encoding="utf-8")
    pair.certificate.unlink()
    one.look()
    assert served(one) in second.certificate.read_text(encoding="utf-8")
