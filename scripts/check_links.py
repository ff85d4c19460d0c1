"""Every relative link of our own Markdown pages leads somewhere; ends with status 1 and a list otherwise."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere, each as `page:line: target`."""
    found = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        targets = (match[1] for match in _LINK.finditer(line))
        found += [
            f"{page}:{number}: {target}"
            for target in targets
            if "://" not in target
            and not target.startswith("mailto:")
            and not (page.parent / target).exists()
        ]
    return found


def main() -> int:
    """Look at the pages that git knows or would know."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        capture_output=True,
        text=True,
        check=True,
    )
    lost = [row for page in listed.stdout.splitlines() for row in broken(Path(page))]
    print("\n".join(lost) or "enlaces / links: ok")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
