"""
First code of the process of an old AGI script: dies with the server, then becomes the script.

Run as `python -P script_host.py SERVER_PID SCRIPT [ARGUMENT...]`, by `scripts.py` only.
It imports nothing of this project, so that a script starts fast.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def _die_with(server_pid: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server_pid:  # it died before we asked to be told
        sys.exit(1)


def _quiet_pyst2() -> None:
    """Without pyst2's copy of every line on stderr: it holds numbers and what callers key in."""
    try:
        from asterisk.agi import AGI  # noqa: PLC0415  # a script may do without it
    except ImportError:
        return
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115  # as long as the process
    AGI.__init__.__defaults__ = (sys.stdin, sys.stdout, nowhere)


def main() -> None:
    _die_with(int(sys.argv[1]))
    script = sys.argv[2]
    sys.argv = sys.argv[2:]
    sys.path.insert(0, str(Path(script).parent))
    _quiet_pyst2()
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
