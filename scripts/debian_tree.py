"""`debian_tree.py FOLDER MB PACKAGE...`: Debian packages unpacked into a folder of ours; MB: at most."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from centralita.install.debian import Tree, fetch
from centralita.install.errors import InstallError
from centralita.install.mirror import codename


def main() -> int:
    """Runs on the host's bare Python: standard library only."""
    folder, room_mb, *packages = sys.argv[1:]
    try:
        fetch(
            Tree(codename(), tuple(packages), room_mb=int(room_mb)),
            Path(folder),
            environ=os.environ,
            say=print,
        )
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
