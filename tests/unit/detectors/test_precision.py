"""Which precision, file and batch is fastest: timed in turns, kept, measured again where the note is no good."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from detectors.inference import precision
from detectors.inference.adapters import Yolo11
from detectors.inference.openvino import BATCHES, OpenVinoBackend, Runtime
from detectors.inference.precision import FILE, fastest, recall, timed
from tests.support import lamp_model


class Watch:
    """A monotonic clock that trials move on."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> float:
        return self.now

    def taking(self, *seconds: float) -> Callable[[], None]:
        """A trial that takes ``seconds``, one after the other and the last ones over again."""
        turns = iter(seconds)
        last = seconds[-1]

        def run() -> None:
            self.now += next(turns, last)

        return run


def test_trials_take_turns_and_one_that_was_held_up_does_not_decide() -> None:
    watch = Watch()
    ms = timed({"a": watch.taking(0.5, 0.010), "b": watch.taking(0.020)}, 1.0, watch)
    assert ms == pytest.approx({"a": 10, "b": 20})
    assert watch.now == pytest.approx(1.0, abs=0.031)


def test_a_slow_machine_gets_three_rounds_and_a_trial_that_fails_is_left_out() -> None:
    watch = Watch()

    def broken() -> None:
        raise RuntimeError("no such instruction")

    slow = {"a": watch.taking(4.0), "x": broken, "b": watch.taking(9.0, 3.0)}
    assert timed(slow, 1.0, watch) == {"a": 4000, "b": 3000}
    assert watch.now == 3 * 4 + 9 + 2 * 3
    assert timed({"x": broken}, 1.0, watch) == {}


@pytest.fixture
def rivals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setattr(precision, "PRECISION_S", 0.05)
    monkeypatch.setattr(precision, "BATCH_S", 0.05)
    return lamp_model.save(tmp_path, "float"), lamp_model.save(tmp_path, "int8", quantised=True)


def backend_of(path: Path, cache: Path | None) -> OpenVinoBackend:
    return OpenVinoBackend("lamp", path, Yolo11(side=64), 0.5, 0.5, Runtime(1, cache))


def test_the_winner_is_kept_and_asked_for_again_only_where_nothing_changed(
    rivals: tuple[Path, Path], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    runtime = Runtime(1, cache)
    assert recall(rivals, runtime, None) is None
    winner = fastest(backend_of(rivals[0], cache), rivals, None)
    assert winner.ms is not None
    assert winner.ms > 0
    known = recall(rivals, runtime, None)
    assert known is not None
    assert (known.path, known.hint, known.ms) == (winner.path, winner.hint, winner.ms)
    assert winner.max_batch == known.counts[-1]
    assert set(known.counts) <= set(BATCHES)
    assert recall(rivals[::-1], runtime, None) == known
    assert recall(rivals[:1], runtime, None) is None
    assert recall(rivals, Runtime(2, cache), None) is None
    assert recall(rivals, runtime, 96) is None
    assert recall(rivals, Runtime(1, None), None) is None
    with rivals[1].with_suffix(".bin").open("ab") as weights:
        weights.write(b"\\0")
    assert recall(rivals, runtime, None) is None
    rivals[1].with_suffix(".bin").unlink()
    assert recall(rivals, runtime, None) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: json.dumps(dict.fromkeys(json.loads(text), 5)),
        lambda text: text.replace('"hint"', '"hin"'),
        lambda text: text.replace('"ms": ', '"ms": -'),
        lambda text: text.replace('"file": "', '"file": "0'),
        lambda text: json.dumps({key: {**one, "counts": [1, 7]} for key, one in json.loads(text).items()}),
        lambda text: json.dumps({key: {**one, "counts": 4} for key, one in json.loads(text).items()}),
    ],
)
def test_a_damaged_note_is_as_good_as_none(
    rivals: tuple[Path, Path], tmp_path: Path, damage: Callable[[str], str]
) -> None:
    file, runtime = tmp_path / FILE, Runtime(1, tmp_path)
    digests = {path: precision._digest(path) for path in rivals}
    verdict = precision.Verdict(rivals[1], "f32", 3.5, (1, 4))
    precision._keep(verdict, digests, runtime, None)
    assert recall(rivals, runtime, None) == verdict
    file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert recall(rivals, runtime, None) is None
    precision._keep(verdict, digests, runtime, None)
    assert recall(rivals, runtime, None) == verdict


def test_a_note_that_cannot_be_written_stops_nothing(rivals: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = tmp_path / "file" / "cache"
    winner = fastest(backend_of(rivals[0], cache), rivals, None)
    assert winner.ms is not None
    assert recall(rivals, Runtime(1, cache), None) is None
    (tmp_path / "dir" / FILE).mkdir(parents=True)
    assert fastest(backend_of(rivals[0], tmp_path / "dir"), rivals, None).ms is not None


def test_a_rival_that_does_not_run_is_left_out_and_a_copy_is_timed_once(
    rivals: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<net/>")
    broken.with_suffix(".bin").write_bytes(b"")
    copy = tmp_path / "copy.xml"
    copy.write_bytes(rivals[0].read_bytes())
    copy.with_suffix(".bin").write_bytes(rivals[0].with_suffix(".bin").read_bytes())
    tried: list[Path] = []
    plain = OpenVinoBackend.variant

    def variant(self: OpenVinoBackend, path: Path, hint: str) -> OpenVinoBackend:
        tried.append(path)
        return plain(self, path, hint)

    monkeypatch.setattr(OpenVinoBackend, "variant", variant)
    winner = fastest(backend_of(rivals[0], None), (rivals[0], copy, broken, tmp_path / "gone.onnx"), None)
    assert winner.path == rivals[0]
    assert set(tried) == {rivals[0], broken}


def test_what_is_hardly_faster_does_not_displace_the_likely_one(
    rivals: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backend_of(rivals[0], None)
    for advantage, path in ((0.99, rivals[0]), (0.90, rivals[1])):

        def measured(trials: dict[object, object], *_: object, advantage: float = advantage) -> dict[object, float]:
            return {key: 10.0 * (advantage if isinstance(key, tuple) and key[0] == rivals[1] else 1) for key in trials}

        monkeypatch.setattr(precision, "timed", measured)
        winner = fastest(backend, rivals, None)
        assert winner.path == path
        assert winner.max_batch == 8  # ten milliseconds for any batch
