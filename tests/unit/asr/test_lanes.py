"""Work in order on shared threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from asr.lanes import Lane

pytestmark = pytest.mark.unit


def test_each_lane_keeps_its_order() -> None:
    """Twenty lanes on four threads: each lane's jobs are done one at a time, in their order."""
    done: dict[int, list[int]] = {lane: [] for lane in range(20)}
    with ThreadPoolExecutor(4) as threads:
        lanes = [Lane(threads, lambda error: pytest.fail(str(error))) for _ in done]
        finished = [threading.Event() for _ in done]
        for job in range(200):
            for number, lane in enumerate(lanes):
                lane.post(lambda number=number, job=job: done[number].append(job))  # type: ignore[misc]
        for lane, event in zip(lanes, finished, strict=True):
            lane.post(event.set)
        assert all(event.wait(10) for event in finished)
    assert all(jobs == list(range(200)) for jobs in done.values())


def test_a_failure_ends_one_lane_and_is_told_once() -> None:
    """What fails is reported, what was to follow is not done, and other lanes notice nothing."""
    failures: list[Exception] = []
    done: list[str] = []
    reported, other = threading.Event(), threading.Event()

    def failed(error: Exception) -> None:
        failures.append(error)
        reported.set()

    def fail() -> None:
        raise RuntimeError("native")

    with ThreadPoolExecutor(1) as threads:
        broken, sound = Lane(threads, failed), Lane(threads, failed)
        broken.post(fail)
        broken.post(lambda: done.append("never"))
        sound.post(other.set)
        assert reported.wait(10)
        assert other.wait(10)
        broken.post(lambda: done.append("never"))
    assert [str(error) for error in failures] == ["native"]
    assert done == []


def test_a_closed_lane_forgets() -> None:
    """What has not begun when a lane is closed is never done."""
    done: list[str] = []
    running, go = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as threads:
        lane = Lane(threads, lambda error: pytest.fail(str(error)))
        lane.post(running.set)
        lane.post(go.wait)
        lane.post(lambda: done.append("late"))
        assert running.wait(10)
        lane.close()
        go.set()
    assert done == []
