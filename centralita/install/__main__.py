"""`python -m centralita.install [asterisk]`: prepare Asterisk now rather than at the first start."""

from __future__ import annotations

import os
import sys

from centralita.install.asterisk import ensure_asterisk
from centralita.install.errors import InstallError


def _say(line: str) -> None:
    sys.stderr.write(f"> {line}\n")
    sys.stderr.flush()


def main() -> int:
    """Prepare it; exit status 1 and the reason on standard error if that fails."""
    try:
        ensure_asterisk(environ=os.environ, say=_say)
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
