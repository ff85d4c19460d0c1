"""
The process that counts: reads jobs from standard input until it ends, writes answers to standard output.

It only runs when the processor has nothing better to do, and if memory is short it is
the first to go: a report may be late or fail, a call may not.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from centralita.kpis import render
from centralita.kpis.count import book_of, contacts_of
from centralita.kpis.job import Job, Outcome, Verdict, chunks, decode_job, encode, framed, read_frame
from centralita.store.plain import Source, reading
from centralita.web.kpis_ports import TooMuchError
from centralita.web.ports import HistoryUnavailableError

NICE = 19
MEMORY_MAX = 2 << 30
"""Bytes of address space; what does not fit is refused instead of taken from the calls."""


def answer(job: Job) -> bytes:
    """
    The report as JSON; blocks until it is counted.

    Raises:
        TooMuchError: See there.
        HistoryUnavailableError: The database does not answer.
    """
    return reading(job.url, lambda source: _counted(job, source))


def _counted(job: Job, source: Source) -> bytes:
    question = job.question
    if question.listed is not None:
        found = contacts_of(job, question.listed, source)
        return msgspec.json.encode(render.listed(question.listed, found))
    return msgspec.json.encode(render.report(question, book_of(job, source)))


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """One job after the other, until there are no more."""
    while (data := read_frame(jobs)) is not None:
        verdict, found = _done(decode_job(data))
        answers.write(framed(encode(verdict)))
        if verdict.outcome is Outcome.DONE:
            answers.writelines(framed(part) for part in chunks(found))
            answers.write(framed(b""))
        answers.flush()
        del data, found
        gc.collect()


def _done(job: Job) -> tuple[Verdict, bytes]:
    try:
        return Verdict(Outcome.DONE), answer(job)
    except TooMuchError as error:
        return Verdict(Outcome.TOO_MUCH, error.contacts), b""
    except HistoryUnavailableError as error:
        return Verdict(Outcome.UNAVAILABLE, why=str(error)), b""
    except MemoryError:
        return Verdict(Outcome.TOO_BIG), b""


def be_humble() -> None:
    """Leave processor and memory to calls."""
    os.nice(NICE)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    # Not every container lets us offer ourselves.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))


def main() -> None:
    """Entry of `python -m centralita.kpis.worker`."""
    be_humble()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # A report makes millions of small things and no circles: to look for some takes a third of the time.
    gc.disable()
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
