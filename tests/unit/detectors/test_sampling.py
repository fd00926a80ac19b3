from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.sampling.policy import FORCED_S, HOLD_S, Rates, Sampler
from detectors.sampling.rates import RateMeter
from detectors.sampling.scene import SIZE, SceneChange

RATES = Rates(active_fps=4, idle_fps=0.5)


class Played:
    """Plays packets to a sampler: ``moving`` says at which moments the look finds a change."""

    def __init__(self, sampler: Sampler, fps: float = 10, gop: int = 20) -> None:
        self.sampler, self.fps, self.gop = sampler, fps, gop
        self.n = 0
        self.looks: list[float] = []
        self.inferences: list[float] = []
        self.tiles: list[float] = []

    def play(self, seconds: float, *, moving: bool = False, tile_fps: float = 0.0, persons: bool = False) -> Played:
        for _ in range(round(seconds * self.fps)):
            moment = self.n / self.fps
            due = self.sampler.packet(moment, key=self.n % self.gop == 0, tile_fps=tile_fps)
            self.n += 1
            if due.tile:
                self.tiles.append(moment)
            if not due.look:
                continue
            self.looks.append(moment)
            if self.sampler.looked(moment, changed=moving):
                self.inferences.append(moment)
                if persons:
                    self.sampler.persons(moment)
        return self


def test_idle_looks_fall_on_key_frames_and_the_model_sees_one_every_ten_seconds() -> None:
    played = Played(Sampler(RATES)).play(60)
    assert all(look % 2 == 0 for look in played.looks)
    assert len(played.looks) == 30
    gaps = np.diff(played.inferences)
    assert played.inferences[0] == 0
    assert gaps.max() <= FORCED_S
    assert gaps.min() > FORCED_S / 2


def test_a_changing_scene_is_looked_at_and_inferred_at_the_active_rate() -> None:
    played = Played(Sampler(RATES)).play(60, moving=True)
    assert len(played.looks) == pytest.approx(240, abs=2)
    assert len(played.inferences) == pytest.approx(240, abs=2)


@pytest.mark.parametrize(("fps", "gop"), [(10, 20), (12, 24), (15, 30), (25, 50), (5, 10)])
def test_the_active_rate_holds_at_any_frame_rate(fps: float, gop: int) -> None:
    played = Played(Sampler(RATES), fps, gop).play(30, moving=True)
    assert len(played.inferences) / 30 == pytest.approx(4, abs=0.15)


def test_activity_lasts_while_somebody_is_there_and_five_seconds_longer() -> None:
    played = Played(Sampler(RATES)).play(10, moving=True).play(20, persons=True).play(30)
    active = [look for look in played.looks if look % 2 != 0]
    assert 30 + HOLD_S - 1 <= max(active) <= 30 + HOLD_S


def test_a_person_found_by_a_forced_look_wakes_the_camera_at_once() -> None:
    played = Played(Sampler(RATES)).play(20)
    seen = played.n / played.fps
    played.sampler.persons(seen)
    played.play(2, persons=True)
    assert len([look for look in played.looks if look >= seen]) >= 7


def test_seldom_key_frames_are_found_out_and_all_is_decoded() -> None:
    played = Played(Sampler(RATES), gop=100).play(60)
    later = [look for look in played.looks if look > 10]
    assert np.diff(later).max() <= 2.01
    assert played.sampler.slow_keys(59.0)
    assert not Played(Sampler(RATES)).play(20).sampler.slow_keys(19.9)


def test_tiles_come_at_the_rate_asked_for_without_waking_the_model() -> None:
    played = Played(Sampler(RATES)).play(60, tile_fps=1)
    assert len(played.tiles) == pytest.approx(60, abs=2)
    assert len(played.inferences) <= 9
    assert len(Played(Sampler(RATES)).play(20, tile_fps=5).tiles) == pytest.approx(100, abs=2)


def test_a_frequent_key_frame_is_not_looked_at_more_often_than_asked() -> None:
    assert len(Played(Sampler(RATES), gop=5).play(60).looks) == pytest.approx(30, abs=6)


def _room(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(60, 180, (SIZE[1], SIZE[0])).astype(np.uint8)


def _noisy(room: np.ndarray, random: np.random.Generator, sigma: float = 1.5) -> np.ndarray:
    return np.clip(room + random.normal(0, sigma, room.shape), 0, 255).astype(np.uint8)


def test_a_still_room_with_noise_and_a_cloud_is_unchanged_and_a_small_person_is_seen() -> None:
    scene, room, random = SceneChange(), _room(), np.random.default_rng(2)
    assert scene.look(room, 0.0, quiet=True)
    for n in range(1, 30):
        lighter = _noisy(room, random) + np.uint8(n)  # a cloud passes: all cells alike
        assert not scene.look(lighter, 2.0 * n, quiet=True)
    entered = _noisy(room, random) + np.uint8(29)
    entered[20:24, 40:42] = 20
    assert scene.look(entered, 60.0, quiet=True)


def test_a_burnt_in_clock_is_learnt_and_does_not_hide_a_person_beside_it() -> None:
    scene, room, random = SceneChange(), _room(), np.random.default_rng(3)
    changed = []
    for n in range(120):
        picture = _noisy(room, random)
        picture[0:2, 2:14] = random.integers(0, 255, (2, 12))
        changed.append(scene.look(picture, n * 0.5, quiet=True))
    assert not any(changed[80:])
    picture[10:16, 3:6] = 10
    assert scene.look(picture, 60.5, quiet=True)


def test_a_walker_never_becomes_flicker() -> None:
    scene, room, random = SceneChange(), _room(), np.random.default_rng(4)
    for n in range(400):
        picture = _noisy(room, random)
        x = n * 2 % 76
        picture[15:30, x : x + 4] = 15
        changed = scene.look(picture, n * 0.25, quiet=True)
        assert changed or n == 0


def test_rates_are_measured_over_the_last_ten_seconds() -> None:
    meter = RateMeter(100.0)
    for n in range(80):
        meter.mark(100 + n * 0.25)
    assert meter.rate(119.75) == pytest.approx(4, abs=0.1)
    assert meter.rate(124.75) == pytest.approx(2, abs=0.1)
    assert meter.rate(140) == 0
    fresh = RateMeter(0.0)
    fresh.mark(0.1)
    assert fresh.rate(0.2) == 1


def play(
    sampler: Sampler, moments: list[tuple[float, bool]], *, moving: bool = False, tile_fps: float = 0.0
) -> tuple[list[float], list[float], int]:
    """Plays packets (moment, key) and returns looks, inferences, and how many pictures the scale left out."""
    looks, inferences, left_out = [], [], 0
    for moment, key in moments:
        due = sampler.packet(moment, key=key, tile_fps=tile_fps)
        left_out += due.left_out
        if due.look:
            looks.append(moment)
            if sampler.looked(moment, changed=moving or not inferences):  # the first look counts as a change
                inferences.append(moment)
    return looks, inferences, left_out


@settings(deadline=None)
@given(
    idle_fps=st.floats(0.01, 4),
    fps=st.sampled_from([5, 10, 25]),
    gops=st.lists(st.integers(1, 400), min_size=1, max_size=12),
)
def test_whatever_the_key_frames_the_model_sees_a_still_scene_every_ten_seconds(
    idle_fps: float, fps: int, gops: list[int]
) -> None:
    keys = [gop for _ in range(60) for gop in gops]
    moments = [(n / fps, n in ends) for ends in [set(np.cumsum([0, *keys]).tolist())] for n in range(120 * fps)]
    _, inferences, _ = play(Sampler(Rates(4, idle_fps)), moments)
    assert np.diff([*inferences, 120.0]).max() <= FORCED_S + 1e-6


def test_only_key_frames_are_decoded_while_nothing_moves_however_long() -> None:
    moments = [(n / 10, n % 20 == 0) for n in range(6000)]
    looks, inferences, _ = play(Sampler(RATES), moments)
    idle = [look for look in looks if look > HOLD_S]
    assert all(look % 2 == 0 for look in idle)
    assert np.diff([look for look in inferences if look > HOLD_S]).min() > FORCED_S / 2


def test_key_frames_that_come_often_again_are_enough_again() -> None:
    seldom = [(n / 10, n % 80 == 0) for n in range(400)]
    often = [(40 + n / 10, n % 20 == 0) for n in range(600)]
    sampler = Sampler(RATES)
    play(sampler, seldom)
    assert sampler.slow_keys(40.0)
    looks, _, _ = play(sampler, often)
    assert not sampler.slow_keys(100.0)
    assert all(look % 2 == 0 for look in looks if look > 60)


@pytest.mark.parametrize("fps", [8, 10, 12, 25])
@pytest.mark.parametrize("scale", [1.0, 0.9, 0.5, 1 / 3, 0.1, 0.025])
def test_the_scale_thins_the_active_rate_evenly_and_counts_what_it_leaves_out(fps: int, scale: float) -> None:
    sampler = Sampler(RATES)
    sampler.scale = scale
    looks, inferences, left_out = play(sampler, [(n / fps, n % 20 == 0) for n in range(200 * fps)], moving=True)
    assert looks == inferences  # nothing is decoded that the model will not see
    assert len(inferences) == pytest.approx(200 * 4 * scale, rel=0.02, abs=2)
    assert len(inferences) + left_out == pytest.approx(200 * 4, abs=3)
    assert np.diff(inferences).max() <= min(FORCED_S, np.ceil(1 / scale) / 4 + 1.5 / fps) + 1e-6


def test_a_stream_that_gives_less_than_the_scaled_rate_keeps_all_its_pictures() -> None:
    sampler = Sampler(RATES)
    sampler.scale = 0.25  # one a second
    looks, inferences, left_out = play(sampler, [(2.0 * n, True) for n in range(50)], moving=True)
    assert len(inferences) == len(looks) == 50
    assert left_out == 0


def test_who_watches_the_wall_does_not_feed_a_model_that_is_short() -> None:
    sampler = Sampler(RATES)
    sampler.scale = 0.25
    moments = [(n / 10, n % 20 == 0) for n in range(600)]
    looks, inferences, left_out = play(sampler, moments, moving=True, tile_fps=5)
    assert len(looks) == pytest.approx(300, abs=5)
    assert len(inferences) == pytest.approx(60, abs=2)
    assert len(inferences) + left_out == pytest.approx(240, abs=3)


def test_what_begins_to_move_is_seen_at_once_however_short_the_model_is() -> None:
    sampler = Sampler(RATES)
    sampler.scale = 0.05
    play(sampler, [(n / 10, n % 20 == 0) for n in range(400)])
    _, inferences, _ = play(sampler, [(40 + n / 10, n % 20 == 0) for n in range(100)], moving=True)
    assert inferences[0] == 40.0


def test_an_armed_camera_is_looked_at_between_key_frames_while_idle() -> None:
    """Key frames every 2 s: somebody who comes in right after one is seen within half a second."""
    looks: dict[bool, list[float]] = {}
    for attentive in (False, True):
        sampler = Sampler(Rates())
        sampler.attentive = attentive
        sampler.looked(0.0, changed=False)
        for n in range(300):
            if sampler.packet(n * 0.1, key=n % 20 == 0).look:
                looks.setdefault(attentive, []).append(n * 0.1)
                sampler.looked(n * 0.1, changed=False)
    gaps = {attentive: max(b - a for a, b in itertools.pairwise(moments)) for attentive, moments in looks.items()}
    assert gaps == {False: pytest.approx(2.0), True: pytest.approx(0.5, abs=0.11)}


def test_a_host_that_is_short_looks_at_armed_cameras_less_often_as_well() -> None:
    sampler = Sampler(Rates())
    sampler.attentive, sampler.scale = True, 0.5
    sampler.looked(0.0, changed=False)
    looks = 0
    for n in range(600):
        if sampler.packet(n * 0.1, key=n % 20 == 0).look:
            looks += 1
            sampler.looked(n * 0.1, changed=False)
    assert 55 <= looks <= 70
