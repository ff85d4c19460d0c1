"""Work that has to be done in order, on threads that are shared by all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor

Job = Callable[[], object]


class Lane:
    """
    Jobs that run one after the other, each on whatever thread is free.

    Args:
        threads: Shared with other lanes; each lane in turn gets one job done.
        failed: Told of the first exception; the lane is closed by it.

    """

    def __init__(self, threads: Executor, failed: Callable[[Exception], None]) -> None:
        self._threads = threads
        self._failed = failed
        self._jobs: deque[Job] = deque()
        self._lock = threading.Lock()
        self._busy = False
        self._closed = False

    def post(self, job: Job) -> None:
        """Have it done after all that was posted before; on a closed lane nothing is done any more."""
        with self._lock:
            if self._closed:
                return
            self._jobs.append(job)
            if self._busy:
                return
            self._busy = True
        self._threads.submit(self._next)

    def close(self) -> None:
        """Forget what has not begun."""
        with self._lock:
            self._closed = True
            self._jobs.clear()

    def _next(self) -> None:
        with self._lock:
            if not self._jobs:
                self._busy = False
                return
            job = self._jobs.popleft()
        try:
            job()
        except Exception as error:
            # Native bindings raise just that: one hearing ends, no other.
            self.close()
            self._failed(error)
        with self._lock:
            if not self._jobs:
                self._busy = False
                return
        self._threads.submit(self._next)
