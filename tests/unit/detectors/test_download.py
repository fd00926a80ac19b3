"""One file over HTTP, from a real server on loopback that does what real ones do on bad days."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.fetching.download import Bounds, download
from detectors.fetching.errors import FetchError
from detectors.fetching.redirects import allowed
from tests.support.clocks import ManualClock
from tests.support.file_server import FileServer, chunks, cut, file_server, lead, refuse, whole
from vms.domain.clock import SystemClock

BODY = os.urandom(300_000)
BOUNDS = Bounds(most=1_000_000, stall_s=0.3)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as one:
        one.files["/model"] = BODY
        yield one


def get(url: str, into: Path, bounds: Bounds = BOUNDS) -> list[tuple[int, int | None]]:
    """Downloads without pauses; what was told."""
    told: list[tuple[int, int | None]] = []
    download(url, into, bounds, SystemClock(), lambda _: None, lambda done, total: told.append((done, total)))
    return told


def test_a_file_comes_whole_and_its_progress_is_told(server: FileServer, tmp_path: Path) -> None:
    told = get(f"{server.url}/model", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == BODY
    assert told[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("size", [1000, 70_000])
def test_a_server_that_says_no_length(server: FileServer, tmp_path: Path, size: int) -> None:
    server.acts["/model"] = [chunks(BODY, size)]
    assert get(f"{server.url}/model", tmp_path / "part")[-1] == (len(BODY), None)
    assert (tmp_path / "part").read_bytes() == BODY


def test_what_breaks_off_goes_on_where_it_ended(server: FileServer, tmp_path: Path) -> None:
    server.acts["/model"] = [cut(BODY, 100_000), refuse(503), chunks(BODY, -1000)]
    get(f"{server.url}/model", tmp_path / "part", Bounds(most=1_000_000, tries=5))
    assert (tmp_path / "part").read_bytes() == BODY
    # Chunks without an end came from the start, because that server knows no ranges: they took the kept part's place.
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=100000-", "bytes=300000-"]


def test_a_server_without_ranges_begins_anew(server: FileServer, tmp_path: Path) -> None:
    server.acts["/model"] = [cut(BODY, 100_000), whole(BODY)]
    get(f"{server.url}/model", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == BODY


def test_the_next_run_goes_on_too_and_what_is_whole_is_not_asked_for_again(server: FileServer, tmp_path: Path) -> None:
    part = tmp_path / "part"
    server.acts["/model"] = [cut(BODY, 100_000)]
    with pytest.raises(
        FetchError, match=r"broke off after 100000 of 300000 bytes; 100000 bytes are kept: run it again"
    ):
        get(f"{server.url}/model", part, Bounds(most=1_000_000, tries=1))
    get(f"{server.url}/model", part)
    assert part.read_bytes() == BODY
    get(f"{server.url}/model", part)  # killed after the last byte
    assert part.read_bytes() == BODY
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=300000-"]


def test_a_kept_part_that_is_longer_than_the_file_is_thrown_away(server: FileServer, tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(BODY + b"more")
    get(f"{server.url}/model", part)
    assert part.read_bytes() == BODY


def test_a_server_that_stands_still(server: FileServer, tmp_path: Path) -> None:
    server.acts["/model"] = [server.stall(BODY[:5000], len(BODY))]
    get(f"{server.url}/model", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == BODY
    server.acts["/other"] = [server.stall(b"", 10), server.stall(b"", 10)]
    with pytest.raises(FetchError, match="it stands still; 0 bytes are kept"):
        get(f"{server.url}/other", tmp_path / "other", Bounds(most=10, stall_s=0.2, tries=2))


def test_a_trickle_is_not_waited_for(server: FileServer, tmp_path: Path) -> None:
    clock = ManualClock()
    server.acts["/model"] = [server.stall(BODY[:1000], len(BODY))]
    with pytest.raises(FetchError, match="only 1000 bytes came in 31 s; 1000 bytes are kept"):
        download(f"{server.url}/model", tmp_path / "part", Bounds(most=1_000_000, tries=1), clock, lambda _: None,
                 lambda *_: clock.advance(31))  # fmt: skip


@pytest.mark.parametrize("length", [True, False])
def test_too_much_is_refused_and_not_kept(server: FileServer, tmp_path: Path, length: bool) -> None:
    server.acts["/model"] = [whole(BODY) if length else chunks(BODY, 1000)]
    with pytest.raises(FetchError, match="more than the 200000 ") as raised:
        get(f"{server.url}/model", tmp_path / "part", Bounds(most=200_000))
    assert ("300000 bytes" in str(raised.value)) == length
    assert not (tmp_path / "part").exists()


def test_what_is_not_there_is_asked_for_once(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="/none: the server answers 404"):
        get(f"{server.url}/none", tmp_path / "part")
    assert len(server.asked) == 1


def test_nobody_there(tmp_path: Path) -> None:
    with file_server() as gone:
        url = gone.url
    with pytest.raises(FetchError, match=r"is not reached \(Connection refused\): set https_proxy"):
        get(f"{url}/model", tmp_path / "part")


def test_a_full_disk_is_one_line_and_keeps_nothing(server: FileServer, tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.symlink_to("/dev/full")
    with pytest.raises(FetchError, match=f"no room in {tmp_path}: make some, or name another folder with --to"):
        get(f"{server.url}/model", part)
    assert not part.is_symlink()


def test_redirects_are_followed_and_ranges_with_them(server: FileServer, tmp_path: Path) -> None:
    server.acts["/old"] = [lead(f"{server.url}/model"), lead("/model")]
    server.acts["/model"] = [cut(BODY, 100_000)]
    get(f"{server.url}/old", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == BODY
    assert server.asked[-1] == ("/model", "bytes=100000-")


def test_a_ring_of_redirects_ends(server: FileServer, tmp_path: Path) -> None:
    server.acts["/ring"] = [lead("/ring")] * 50
    with pytest.raises(FetchError, match="the server answers 302"):
        get(f"{server.url}/ring", tmp_path / "part")
    assert len(server.asked) < 15


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/model", "data:,x"])
def test_no_redirect_leads_out_of_the_web(server: FileServer, tmp_path: Path, to: str) -> None:
    server.acts["/old"] = [lead(to)]
    with pytest.raises(FetchError):
        get(f"{server.url}/old", tmp_path / "part")
    assert not (tmp_path / "part").read_bytes()


def test_where_redirects_may_lead() -> None:
    assert allowed("https://a/x", "https://b/y")
    assert not allowed("https://a/x", "http://a/x")
    assert allowed("http://a/x", "http://b/y")
    assert allowed("http://a/x", "https://b/y")
    assert not allowed("http://a/x", "ftp://b/y")


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate of 127.0.0.1 that this process trusts."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


def test_tls_holds_all_the_way(
    server: FileServer, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with file_server(tls) as safe:
        safe.files["/model"] = BODY
        safe.acts["/old"] = [lead(f"{safe.url}/model"), lead(f"{server.url}/model")]
        get(f"{safe.url}/old", tmp_path / "part")
        assert (tmp_path / "part").read_bytes() == BODY
        with pytest.raises(FetchError, match=f"leads to {server.url}/model, which is not https"):
            get(f"{safe.url}/old", tmp_path / "other")
        assert server.asked == []
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(FetchError, match="CERTIFICATE_VERIFY_FAILED"):
            get(f"{safe.url}/model", tmp_path / "third")
        assert safe.asked[-1][0] == "/old"


def test_the_proxy_of_the_environment_is_taken(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.files["http://mirror.invalid/model"] = BODY
    get("http://mirror.invalid/model", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == BODY
