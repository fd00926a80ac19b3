"""From a wish to a model that the detector finds: checked, tried out, moved there whole, or not there at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from detectors import models
from detectors.catalogue import CATALOGUE, File, Model, Source, named
from detectors.fetching.download import Bounds
from detectors.fetching.errors import FetchError
from detectors.fetching.install import Means, Wish, digest, fetch
from detectors.inference.adapters import SsdMobileNet
from detectors.inference.openvino import Runtime
from tests.support.file_server import FileServer, cut, file_server
from vms.domain.clock import SystemClock
from vms.domain.errors import ConfigurationError

NAME = "ssd_mobilenet_v2.tflite"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server(ssd_file: Path) -> Iterator[FileServer]:
    with file_server() as one:
        one.files[f"/mirror/{NAME}"] = ssd_file.read_bytes()
        yield one


@pytest.fixture
def wish(server: FileServer, ssd_file: Path, tmp_path: Path) -> Wish:
    """A model that its maker would have at an address that does not exist: only the mirror has it."""
    known = File(digest(ssd_file), ssd_file.stat().st_size, "the known one")
    source = Source("https://maker.invalid", f"https://maker.invalid/{NAME}", (known,))
    model = Model("ssd", "SSD", "Apache-2.0", (NAME,), SsdMobileNet, 0.38, 0.28, source)
    return Wish(model, tmp_path / "models", f"{server.url}/mirror")


class Said(list[str]):
    def means(self) -> Means:
        return Means(SystemClock(), lambda _: None, lambda *_: None, self.append, lambda most: Bounds(most, tries=1))


def test_a_known_file_is_checked_tried_out_and_found_by_the_detector(wish: Wish) -> None:
    said = Said()
    path = fetch(wish, said.means())
    assert path == wish.folder / NAME
    assert [one.name for one in wish.folder.iterdir()] == [NAME]
    assert "the known one" in said[1]
    assert "it runs on this machine (openvino" in said[2]
    choice = models.choose("default", [wish.folder], Runtime(1))
    assert (choice.backend.model, choice.detail) == ("ssd-mobilenet-v2", "")


def test_what_is_there_is_not_fetched_again(wish: Wish, server: FileServer) -> None:
    fetch(wish, Said().means())
    before, asked = (wish.folder / NAME).stat().st_mtime_ns, len(server.asked)
    said = Said()
    fetch(wish, said.means())
    assert said == [f"{wish.folder / NAME} is there already: the known one"]
    assert ((wish.folder / NAME).stat().st_mtime_ns, len(server.asked)) == (before, asked)


def test_another_file_in_its_place_is_left_as_it_is(wish: Wish, server: FileServer) -> None:
    wish.folder.mkdir()
    (wish.folder / NAME).write_bytes(b"somebody's own")
    with pytest.raises(FetchError, match=r"another file \(SHA-256 .{64}\): move it away first"):
        fetch(wish, Said().means())
    assert (wish.folder / NAME).read_bytes() == b"somebody's own"
    assert server.asked == []


def test_a_differing_file_is_named_with_both_digests_and_not_installed(wish: Wish, server: FileServer) -> None:
    server.files[f"/mirror/{NAME}"] = b"something else"
    with pytest.raises(FetchError) as raised:
        fetch(wish, Said().means())
    text = str(raised.value)
    assert hashlib.sha256(b"something else").hexdigest() in text
    assert wish.model.source.files[0].sha256 in text
    assert "nothing was installed" in text
    assert "--sha256" in text
    assert list(wish.folder.iterdir()) == []


def test_the_operator_may_vouch_for_a_file(wish: Wish, server: FileServer, ssd_file: Path) -> None:
    model = replace(wish.model, source=replace(wish.model.source, files=()))
    with pytest.raises(ConfigurationError, match=f"no SHA-256 is known for {NAME}: ask its maker"):
        fetch(replace(wish, model=model), Said().means())
    assert server.asked == []
    vouched = replace(wish, model=model, sha256=digest(ssd_file))
    said = Said()
    assert fetch(vouched, said.means()).is_file()
    assert "the one named with --sha256" in said[1]
    with pytest.raises(FetchError) as raised:
        fetch(replace(vouched, folder=wish.folder / "other", sha256="0" * 64), Said().means())
    assert "0" * 64 in str(raised.value)
    assert "--sha256" not in str(raised.value)


def test_a_broken_download_is_kept_and_taken_up_by_the_next_run(wish: Wish, server: FileServer) -> None:
    body = server.files[f"/mirror/{NAME}"]
    server.acts[f"/mirror/{NAME}"] = [cut(body, 1_000_000)]
    with pytest.raises(FetchError, match="1000000 bytes are kept"):
        fetch(wish, Said().means())
    assert [one.name for one in (wish.folder / ".ssd.fetch").iterdir()] == [f"{NAME}.part"]
    assert list(models.find(replace(wish.model, name=".ssd.fetch"), [wish.folder])) == []
    said = Said()
    fetch(wish, said.means())
    assert "going on with what came before" in said[0]
    assert server.asked[-1][1] == "bytes=1000000-"
    assert [one.name for one in wish.folder.iterdir()] == [NAME]


def test_parts_of_two_files_are_found_out_and_it_begins_anew(wish: Wish, server: FileServer) -> None:
    (wish.folder / ".ssd.fetch").mkdir(parents=True)
    (wish.folder / ".ssd.fetch" / f"{NAME}.part").write_bytes(b"x" * 1000)
    said = Said()
    fetch(wish, said.means())
    assert "once more from the start" in said[1]
    assert [asked for _, asked in server.asked] == ["bytes=1000-", None]


def test_what_does_not_run_here_is_not_installed(wish: Wish, server: FileServer) -> None:
    server.files[f"/mirror/{NAME}"] = b"a digest says nothing of what a file is"
    vouched = replace(wish, sha256=hashlib.sha256(server.files[f"/mirror/{NAME}"]).hexdigest())
    with pytest.raises(FetchError, match="does not run on this machine, nothing was installed"):
        fetch(vouched, Said().means())
    assert list(wish.folder.iterdir()) == []


def test_two_at_once_do_not_write_the_same_file(wish: Wish, server: FileServer) -> None:
    stage = wish.folder / ".ssd.fetch"
    stage.mkdir(parents=True)
    held = os.open(stage, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(FetchError, match="by another process"):
            fetch(wish, Said().means())
    finally:
        os.close(held)
    assert server.asked == []


def test_a_folder_that_cannot_be_written(wish: Wish, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FetchError, match="cannot be written: Not a directory"):
        fetch(replace(wish, folder=tmp_path / "file"), Said().means())


@pytest.mark.parametrize(
    "mirror", ["ftp://host/x", "file:///etc", "host/x", "http://", "http://host:x/", "http://u:p@h/"]
)
def test_a_mirror_is_an_address_of_the_web(wish: Wish, mirror: str) -> None:
    with pytest.raises(ConfigurationError, match="--from names a folder of a mirror"):
        fetch(replace(wish, mirror=mirror), Said().means())


def test_the_built_in_model_is_not_fetched(wish: Wish) -> None:
    ssd = named("ssd-mobilenet-v2")
    assert ssd is not None
    with pytest.raises(ConfigurationError, match="make setup"):
        fetch(replace(wish, model=ssd), Said().means())


def test_the_catalogue_can_be_fetched_over_https_by_digest_alone() -> None:
    for model in CATALOGUE:
        assert all(len(file.sha256) == 64 and file.sha256 == file.sha256.lower() for file in model.source.files)
        assert all(file.size < model.source.most for file in model.source.files)
        if model.source.url:
            assert model.source.url.startswith("https://")
            assert model.source.files
            assert model.source.converted or model.source.file in model.files
        else:
            assert model.source.comes
