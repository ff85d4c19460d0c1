"""Which Debian archive this machine itself uses, asked of its own apt."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from centralita.install.errors import failure

_SUITES = frozenset({"stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"})
_FORMAT = "$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
# What of the host's apt settings reaches the archive (proxies, certificates, clocks of frozen mirrors);
# never those that would let an unsigned archive pass.
_ROUTE = re.compile(
    r"^Acquire::(?:https?|ftp|Proxy|Retries|Queue-Mode|ForceIPv[46]|Check-Valid-Until|Check-Date|"
    r"Max-ValidTime|Min-ValidTime)(?:$|::|-)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One package index of the host's apt configuration."""

    uri: str
    suite: str
    component: str


def parse_targets(text: str) -> list[Entry]:
    """Read what `apt-get indextargets` printed in our format; lines that are not packages are dropped."""
    rows = [line.split("|") for line in text.splitlines()]
    found = [Entry(row[1], row[2], row[3]) for row in rows if len(row) == 4 and row[0] == "Packages"]
    return list(dict.fromkeys(found))


def choose(entries: Iterable[Entry], codename: str) -> Entry | None:
    """
    The entry that is Debian's own archive, or None.

    Third parties also publish suites called like Debian's: the path `/debian` tells them apart, and in
    the end the archive's signature decides.
    """
    fitting = [
        entry
        for entry in entries
        if entry.component == "main"
        and entry.suite in _SUITES | {codename}
        and not entry.uri.startswith("cdrom:")
    ]
    return min(fitting, key=lambda entry: not _looks_debian(entry.uri), default=None)


def _looks_debian(uri: str) -> bool:
    return uri.rstrip("/").endswith("/debian")


def codename() -> str:
    """The host's own suite, such as `bookworm`. Empty if it does not say."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def debian_archive(environ: Mapping[str, str], options: tuple[str, ...] = ()) -> Entry:
    """
    Debian's archive as this host reaches it.

    apt reads its own configuration (one-line and deb822 sources alike), so no rule of it is repeated here.

    Args:
        environ: Environment for apt.
        options: More options for apt; tests point it at another configuration.

    Raises:
        InstallError: No entry fits, or this is not a Debian machine.
    """
    command = ["apt-get", *options, "indextargets", "--no-release-info", "--format", _FORMAT]
    found = choose(parse_targets(_output(command, environ)), codename())
    if found is None:
        raise failure(
            "apt no tiene ninguna entrada del archivo de Debian («main»). Añada la suya a "
            "/etc/apt/sources.list.d/ y repita, o indique su propio Asterisk con ASTERISK_ROOT.",
            "apt has no entry for Debian's archive (`main`). Add yours to "
            "/etc/apt/sources.list.d/ and try again, or name your own Asterisk with ASTERISK_ROOT.",
        )
    return found


def route_settings(environ: Mapping[str, str]) -> str:
    """The host's apt settings that say how to reach an archive, in apt.conf's own language."""
    lines = _output(["apt-config", "dump"], environ).splitlines()
    return "".join(f"{line}\n" for line in lines if _ROUTE.match(line.split(" ", 1)[0]))


def _output(command: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command, env={**environ, "LC_ALL": "C"}, capture_output=True, text=True, check=True
        )
    except FileNotFoundError as error:
        raise failure(
            f"Falta {command[0]}: esto se instala con el apt de Debian. Use ASTERISK_ROOT para el suyo.",
            f"{command[0]} is missing: this takes Debian's apt. Name your own Asterisk with ASTERISK_ROOT.",
        ) from error
    except subprocess.CalledProcessError as error:
        raise failure(
            f"«{' '.join(command[:2])}» falla: corrija la configuración de apt.",
            f"`{' '.join(command[:2])}` fails: mend apt's configuration.",
            error.stderr,
        ) from error
    return done.stdout
