"""Configuration files: no value can become a line of its own, and a file is old or new, never half."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}\Z")
_DIGITS = re.compile(r"\+?[0-9*#]{1,24}\Z")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f;\[\]#\\]|^\s|\s\Z|^>")
_OUR_PARAMETER = re.compile(r"\\;transport=(tcp|tls)\Z")
"""A semicolon, escaped as the file format wants it, that no configuration can bring in."""
_UNSAFE_SECRET = re.compile(r"[\x00-\x1f\x7f;\\]|^\s|\s\Z|^>")


class ValueRefused(ValueError):
    """A value would change the meaning of a configuration file. Says which, never a secret itself."""


def section(name: str, template: str, settings: Mapping[str, str]) -> str:
    """
    A section of pjsip.conf made from a template.

    Raises:
        ValueRefused: The name or a value could say more than itself.
    """
    if not _NAME.match(name):
        raise ValueRefused(f"nombre no válido / not a name: {name!r}")
    lines = [f"[{name}]({template})", *(f"{key}={checked(key, value)}" for key, value in settings.items())]
    return "\n".join(lines) + "\n"


def checked(key: str, value: str) -> str:
    """The value as it is. Raises ValueRefused when a reader of the file would not see just this value."""
    if key == "password":
        if _UNSAFE_SECRET.search(value):
            raise ValueRefused(
                "la clave lleva un carácter que Asterisk no admite (; \\ control, o espacio en un extremo) / "
                "the password has a character that Asterisk cannot take (; \\ control, or a space at an end)"
            )
    elif _UNSAFE.search(_OUR_PARAMETER.sub("", value)):
        raise ValueRefused(f"{key}: valor no válido / not a valid value: {value!r}")
    return value


def digits(text: str) -> str:
    """A number to be dialled, as it is. Raises ValueRefused for anything else."""
    if not _DIGITS.match(text):
        raise ValueRefused(f"no es un número que se pueda marcar / cannot be dialled: {text!r}")
    return text


def replace_private(path: Path, text: str) -> bool:
    """Write in one step, for the owner's eyes only; False when the file already says just that."""
    if path.is_file() and path.read_bytes() == text.encode():
        path.chmod(0o600)
        return False
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    # Made anew, lest a mode or a link of something left behind be kept.
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
    return True
