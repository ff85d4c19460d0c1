"""
The process in which intents are learned: nothing of it is ever felt by a call.

Reads one JSON object from standard input, intent -> example phrases of one language, and writes
the model to the file named by its argument. Ends with 0, or with one of the states below.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

MISSING_LIBRARY = 3
"""scikit-learn is not installed."""
TOO_FEW = 4
"""There are not enough examples."""


def main(path: str) -> int:
    # Calls on the line come first.
    os.nice(10)
    try:
        from asr.intents_train import TooFewError, train  # noqa: PLC0415 - its absence is an answer
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return MISSING_LIBRARY
    from asr.intents_model import save  # noqa: PLC0415 - needs what the one above needs

    try:
        model = train(json.loads(sys.stdin.buffer.read()))
    except TooFewError:
        return TOO_FEW
    save(model, Path(path))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
