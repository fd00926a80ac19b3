"""Day roots by mail over TLS, against a real server with a certificate of its own making."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import certificates
from tests.support.receivers import Letters, mail_server
from web.audit.outside import Document, channels
from web.tls import Pair

ROOT = Document("vms-audit-2026-03-01-4-abc.json", b'{"v":1}\n', datetime(2026, 3, 1, 17, tzinfo=UTC))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return certificates.made(tmp_path_factory.mktemp("mail"))


@pytest.fixture
def tls(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


async def send(letters: Letters, scheme: str, folder: Path, host: str = "127.0.0.1") -> None:
    secret = folder / "smtp"
    secret.write_text(f"{scheme}://vms:hunter2@{host}:{letters.port}\n", encoding="utf-8")
    (mail,) = channels({"VMS_AUDIT_MAIL_TO": "ban@example.org", "VMS_SMTP_URL_FILE": str(secret)})
    await mail.send(ROOT)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_the_root_and_the_password_go_encrypted_alone(
    scheme: str, pair: Pair, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))  # whom the host trusts
    async with mail_server(tls, at_once=scheme == "smtps") as letters:
        await send(letters, scheme, tmp_path)
    assert letters.clear == ([] if scheme == "smtps" else ["EHLO", "STARTTLS"])
    assert letters.logins == [" vms hunter2"]
    ((_, message),) = letters.taken
    assert ROOT.name.encode() in message


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("wrong", ["a stranger's certificate", "another name"])
async def test_a_server_that_is_not_the_one_gets_nothing(
    scheme: str, wrong: str, pair: Pair, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wrong == "another name":
        monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))
    async with mail_server(tls, at_once=scheme == "smtps") as letters:
        with pytest.raises(ssl.SSLCertVerificationError):
            await send(letters, scheme, tmp_path, "localhost" if wrong == "another name" else "127.0.0.1")
    assert (letters.logins, letters.taken) == ([], [])
