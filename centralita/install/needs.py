"""What we need of an Asterisk: read from the configuration we deploy, and what our server itself uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

VERSION_MIN = 20
# Run by the server over AGI and AMI, so the dialplan does not show them.
APPLICATIONS = (
    "AGI", "Answer", "AudioSocket", "Bridge", "BridgeAdd", "BridgeWait", "ChanSpy", "ControlPlayback", "Dial",
    "Gosub", "Goto", "GotoIf", "Hangup", "MixMonitor", "MusicOnHold", "Playback", "Return", "Ringing", "Set",
    "SoftHangup", "StartMusicOnHold", "StopMixMonitor", "TryExec", "Wait", "WaitDigit",
)  # fmt: skip
FUNCTIONS = (
    "CALLERID", "CHANNEL", "CHANNEL_EXISTS", "CUT", "FILTER", "GLOBAL", "GROUP", "HANGUPCAUSE", "IF", "LEN",
    "MATH", "MASTER_CHANNEL", "PJSIP_AOR", "PJSIP_CONTACT", "PJSIP_ENDPOINT", "PJSIP_HEADER", "RAND",
    "SHARED", "TIMEOUT", "VOLUME",
)  # fmt: skip
AMI_ACTIONS = (
    "Bridge", "CoreShowChannels", "DBPut", "Getvar", "Hangup", "ModuleLoad", "MuteAudio", "Originate",
    "PJSIPNotify", "PJSIPRegister", "PJSIPShowContacts", "PJSIPShowEndpoints",
    "PJSIPShowRegistrationsOutbound", "Redirect", "Reload", "Setvar", "Status",
)  # fmt: skip
# Only some distributions have it; without it a browser phone talks ulaw.
OPTIONAL_MODULES = frozenset({"codec_opus_open_source.so"})
ORIGINATE_PARAMETERS = ("Async", "ChannelId", "PreDialGoSub")
_STEP = re.compile(r"^\s*(?:exten|same)\s*=>?\s*(.*)$")
_APPLICATION = re.compile(r"(?:^|,)\s*(?:n|\d+|hint)(?:\([\w-]+\))?\s*,\s*([A-Za-z]\w*)\s*\(")
_FUNCTION = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\(|\bSet\(([A-Z][A-Z0-9_]*)\(")


@dataclass(frozen=True, slots=True)
class Needs:
    """Names in Asterisk's own spelling; `modules` are file names, such as `chan_pjsip.so`."""

    modules: tuple[str, ...]
    applications: tuple[str, ...]
    functions: tuple[str, ...]
    actions: tuple[str, ...] = AMI_ACTIONS
    originate: tuple[str, ...] = ORIGINATE_PARAMETERS
    version_min: int = VERSION_MIN


def needs(configuration: Path) -> Needs:
    """
    What the files of a configuration folder and our server need together.

    Args:
        configuration: Holds modules.conf and, if there is a dialplan, extensions.conf.
    """
    dialplan = configuration / "extensions.conf"
    applications, functions = dialplan_words(dialplan.read_text() if dialplan.exists() else "")
    modules = modules_wanted((configuration / "modules.conf").read_text())
    return Needs(
        tuple(name for name in modules if name not in OPTIONAL_MODULES),
        tuple(sorted({*APPLICATIONS, *applications})),
        tuple(sorted({*FUNCTIONS, *functions})),
    )


def modules_wanted(text: str) -> tuple[str, ...]:
    """The modules that a modules.conf loads, in its order (`load`, `preload`, `require`)."""
    lines = (line.split(";", 1)[0] for line in text.splitlines())
    pairs = [line.replace("=>", "=").partition("=") for line in lines if "=" in line]
    kinds = {"load", "preload", "require", "preload-require"}
    return tuple(value.strip() for key, _, value in pairs if key.strip() in kinds)


def dialplan_words(text: str) -> tuple[set[str], set[str]]:
    """The applications and the functions that the steps of a dialplan use."""
    steps = [match[1] for line in text.splitlines() if (match := _STEP.match(line))]
    applications = {match[1] for step in steps if (match := _APPLICATION.search(step))}
    functions = {read or written for step in steps for read, written in _FUNCTION.findall(step)}
    return applications, functions
