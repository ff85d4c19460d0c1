"""`debian_tree.py FOLDER PACKAGE...`: packages of this host's own suite, unpacked into a folder of ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from centralita.install.debian import Tree, fetch
from centralita.install.errors import InstallError
from centralita.install.mirror import codename


def main() -> int:
    """Runs on the host's bare Python: standard library only."""
    folder, *packages = sys.argv[1:]
    try:
        fetch(Tree(codename(), tuple(packages), room_mb=150), Path(folder), environ=os.environ, say=print)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
