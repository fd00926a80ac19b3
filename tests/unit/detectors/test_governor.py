"""Inference that is short is shared evenly, used fully, and given back when there is enough. Simulated time."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from short_host import RATES, Host, capacity

from detectors.sampling.governor import LOOK_S, Demand, Governor
from detectors.sampling.policy import FORCED_S


def always(_camera: int, _moment: float) -> bool:
    return True


def never(_camera: int, _moment: float) -> bool:
    return False


@settings(max_examples=12, deadline=None)
@given(
    cameras=st.integers(10, 40),
    share=st.floats(0.2, 0.8),
    mean_s=st.floats(10, 40),
    seed=st.integers(0, 2**32),
)
def test_random_demand_is_shared_evenly_and_the_model_is_kept_busy(
    cameras: int, share: float, mean_s: float, seed: int
) -> None:
    """``share``: capacity, of what all cameras ask for when something happens at half of them."""
    most = share * cameras / 2 * RATES.active_fps
    spells = random.Random(seed)
    changes = [
        list(itertools.accumulate(spells.expovariate(1 / mean_s) + 1 for _ in range(40))) for _ in range(cameras)
    ]
    first = [spells.random() < 0.5 for _ in range(cameras)]

    def busy(camera: int, moment: float) -> bool:
        return first[camera] ^ bool(sum(at < moment for at in changes[camera]) % 2)

    host = Host(cameras, capacity(most), seed=seed).play(120, busy)
    assert host.fairness(15) >= 0.95
    assert host.served_share(15, most) >= 0.93
    # A picture that waits for a batch to end may be replaced by a newer one.
    assert host.longest_wait() <= FORCED_S + host.batch / most
    for camera in host.cameras:
        figures = camera.flow.figures(host.now, RATES.min_fps)
        assert 0 <= camera.flow.handed - camera.flow.replaced - len(camera.results) <= 2
        assert figures.dropped >= camera.flow.replaced


@pytest.mark.parametrize(("cameras", "most"), [(30, 40.0), (115, 60.0), (10, 35.0), (20, 10.0)])
def test_what_the_model_cannot_look_at_is_not_decoded(cameras: int, most: float) -> None:
    governed = Host(cameras, capacity(most)).play(90, always)
    free = Host(cameras, capacity(most), governed=False).play(90, always)
    assert governed.served_share(15, most) >= 0.95
    assert governed.fairness(15) >= 0.98
    assert governed.wasted(10) < 0.15
    assert governed.wasted(10) < 0.5 * free.wasted(10)
    later = [scale for at, scale in governed.scales if at > 20]
    fair = most / (cameras * RATES.active_fps)
    assert 0.6 * fair < min(later)
    assert max(later) < 1.5 * fair  # it swings about the fair share, no further


def test_enough_is_left_alone() -> None:
    host = Host(10, capacity(60)).play(60, always)
    assert {scale for _, scale in host.scales} == {1.0}
    assert host.fairness(5) > 0.99


def test_less_load_is_given_all_it_wants_at_once() -> None:
    host = Host(30, capacity(40)).play(40, always)
    assert host.scales[-1][1] < 0.6
    host.play(15, lambda camera, _: camera < 6)  # the others are active for 5 s more, and their pauses
    host.play(5, lambda camera, _: camera < 6)
    assert all(scale == 1.0 for at, scale in host.scales if at > 56)
    for camera in host.cameras[:6]:
        assert sum(at > 55 for at in camera.results) / 5 == pytest.approx(4, abs=0.5)


def test_a_host_that_can_do_more_again_is_found_out_within_seconds_and_without_swinging() -> None:
    def service(count: int, moment: float) -> float:
        return count / (15 if moment < 40 else 200)

    host = Host(30, service).play(40, always)
    assert max(scale for at, scale in host.scales if at > 25) < 0.25
    host.play(30, always)
    assert next(at for at, scale in host.scales if at > 40 and scale == 1.0) < 60
    recovered = [scale for at, scale in host.scales if at > 45]
    assert all(later >= earlier for earlier, later in itertools.pairwise(recovered))


def test_a_host_that_can_do_less_is_found_out_within_seconds() -> None:
    def service(count: int, moment: float) -> float:
        return count / (100 if moment < 30 else 20)

    host = Host(30, service).play(60, always)
    assert next(at for at, scale in host.scales if at > 30 and scale < 0.25) < 35
    assert host.served_share(35, 20) >= 0.95


def test_idle_cameras_keep_their_forced_look_while_others_fight_for_the_model() -> None:
    host = Host(60, capacity(20)).play(90, lambda camera, _: camera < 30)
    assert host.longest_wait() <= FORCED_S + 0.1
    waits = [later - earlier for camera in host.cameras[30:] for earlier, later in itertools.pairwise(camera.results)]
    assert max(waits) <= FORCED_S + 2 * host.batch / 20  # and come first: after the batch under way, in the next one


def test_a_model_that_stands_still_and_comes_back() -> None:
    def service(count: int, moment: float) -> float:
        return 20.0 if 30 < moment < 31 else count / 80

    host = Host(15, service).play(90, always)
    assert host.scales[-1][1] == 1.0
    assert host.scales[45][1] < 0.2


def test_one_hiccup_is_no_shortage() -> None:
    governor = Governor()
    handed = 0
    for second in range(1, 60):
        handed += 40
        scale = governor.look(second * LOOK_S, Demand(10, 0, 4.0, handed, 20 if second >= 30 else 0))
        assert scale == 1.0 or second > 31
    assert scale > 0.9


def test_cameras_that_go_take_their_counts_with_them() -> None:
    governor = Governor()
    governor.look(1.0, Demand(10, 0, 4.0, 1000, 0))
    assert governor.look(2.0, Demand(5, 0, 4.0, 500, 0)) == 1.0
    assert governor.look(3.0, Demand(0, 5, 4.0, 500, 0)) == 1.0
    assert governor.look(4.0, Demand(0, 0, 4.0, 0, 0)) == 1.0


@settings(deadline=None)
@given(
    looks=st.lists(
        st.tuples(st.floats(0, 10), st.integers(0, 200), st.integers(0, 200), st.integers(0, 2000), st.floats(0, 1)),
        max_size=60,
    ),
    active_fps=st.floats(0.05, 30),
)
def test_whatever_is_heard_the_scale_is_one_that_every_camera_can_live_with(
    looks: list[tuple[float, int, int, int, float]], active_fps: float
) -> None:
    governor, now, handed, replaced = Governor(), 0.0, 0, 0
    for span, active, idle, more, share in looks:
        now, handed, replaced = now + span, handed + more, replaced + int(share * more)
        scale = governor.look(now, Demand(active, idle, active_fps, handed, replaced))
        assert min(1.0, 1 / (FORCED_S * active_fps)) - 1e-9 <= scale <= 1.0
