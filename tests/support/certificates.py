"""Certificates of their own making, for 127.0.0.1, by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

from web.tls import Pair


def made(folder: Path, name: str = "web", *more: str, begins: str = "", ends: str = "") -> Pair:
    """A pair; ``begins`` and ``ends`` as YYYYMMDDHHMMSSZ, else it holds from now for two days."""
    folder.mkdir(parents=True, exist_ok=True)
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(pair.key))
    request = folder / f"{name}.csr"
    _openssl("req", "-new", "-key", str(pair.key), "-subj", "/CN=127.0.0.1", "-out", str(request))
    database = folder / f"{name}.index"
    database.write_text("", encoding="utf-8")
    configuration = folder / f"{name}.cnf"
    configuration.write_text(
        f"[ca]\ndefault_ca=own\n[own]\ndatabase={database}\nnew_certs_dir={folder}\nrand_serial=yes\n"
        "default_md=sha256\npolicy=any\nx509_extensions=names\ndefault_days=2\nunique_subject=no\n"
        "[any]\ncommonName=supplied\n[names]\nsubjectAltName=IP:127.0.0.1\n",
        encoding="utf-8",
    )
    span = [*(("-startdate", begins) if begins else ()), *(("-enddate", ends) if ends else ())]
    _openssl(
        "ca", "-batch", "-selfsign", "-notext", "-config", str(configuration), "-keyfile", str(pair.key),
        "-in", str(request), "-out", str(pair.certificate), *span, *more,
    )  # fmt: skip
    return pair


def encrypted(pair: Pair) -> Pair:
    """The same with a password on its key."""
    key = pair.key.with_suffix(".locked")
    _openssl("ec", "-in", str(pair.key), "-aes256", "-passout", "pass:x", "-out", str(key))
    return Pair(pair.certificate, key)


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)
