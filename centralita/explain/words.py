"""The stored reasons, which are short English, in the two languages that people read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Both(NamedTuple):
    """One sentence, Spanish and English."""

    es: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.es


_ENDS = {
    "no_answer": "no contestó",
    "busy": "comunicaba",
    "declined": "rechazó la llamada",
    "failed": "su teléfono falló",
    "no_reply": "su teléfono no respondió",
}
_FIXED = {
    "logged out": Both("sin conectar", "logged out"),
    "not ready": Both("no disponible", "not ready"),
    "offered": Both("le está sonando otro contacto", "is being rung for another contact"),
    "talking": Both("en conversación", "talking"),
    "wrap_up": Both("en trabajo posterior", "in wrap-up"),
    "no phone registered": Both("sin teléfono registrado", "no phone registered"),
    "on a call of their own": Both("en una llamada propia", "on a call of their own"),
    "desktop gone": Both("ha perdido la pantalla", "the screen is gone"),
    "resting": Both("descansa tras un intento fallido", "resting after a failed try"),
    "left the configuration": Both("ya no está en la configuración", "left the configuration"),
    "idle for a shorter time": Both("libre desde hace menos tiempo", "idle for a shorter time"),
    "would be asked later": Both("se le preguntaría después", "would be asked later"),
    "other site": Both("de otra sede", "at another site"),
    "held for a preferred agent": Both(
        "el contacto se guarda un tiempo para su agente preferido",
        "the contact is held for its preferred agent for a time",
    ),
    "preferred by the contact": Both("es el agente preferido del contacto", "preferred by the contact"),
    "became free": Both("quedó libre", "became free"),
    "dials": Both("es quien llama", "is who calls"),
    "queued later": Both("llegó a la cola después", "queued later"),
}
_BY_NAME = re.compile(r"named by (?P<agent>.+)\Z", re.DOTALL)
_LACKS = re.compile(r"lacks (?P<skill>\S+) >= (?P<need>\d+)\Z")
_TAKES_NO = re.compile(r"takes no (?P<medium>\w+)\Z")
_KEPT = re.compile(r"kept free for (?P<queue>.+)\Z", re.DOTALL)
_FREED = re.compile(r"became free; (?P<how>most urgent|waited longest) of (?P<count>\d+)\Z")
_LESS = re.compile(r"less urgent: (?P<own>\S+), not (?P<best>\S+)\Z")
_MEDIA = {"voice": "llamadas", "chat": "chats", "task": "tareas"}
_TERMS = {
    "waited": Both("espera", "waited"),
    "value": Both("valor", "value"),
    "patience": Both("paciencia", "patience"),
    "handle": Both("duración media", "handle time"),
    "urgency": Both("urgencia", "urgency"),
    "price": Both("precio", "price"),
    "weight": Both("peso", "weight"),
    "speed": Both("ritmo", "speed"),
    "level": Both("nivel", "level"),
    "calls": Both("llamadas", "calls"),
    "agents": Both("agentes", "agents"),
}
_MET = re.compile(r"(?P<skill>\S+) (?P<has>\d+) >= (?P<need>\d+)\Z")
_WITH = re.compile(r"(?P<what>not ready|resting) \((?P<why>.*)\)\Z", re.DOTALL)
_IDLE = re.compile(r"idle longest: (?P<ms>\d+) ms\Z")


def reason(stored: str) -> Both:
    """Why an agent was not chosen. What is not known here is told as it was stored."""
    if stored in _FIXED:
        return _FIXED[stored]
    for pattern, told in _PATTERNS:
        found = pattern.match(stored)
        if found is not None:
            return told(found)
    return Both(stored, stored)


def need(stored: str) -> Both:
    """A need that the chosen agent meets, e.g. "ventas 8 >= 5"."""
    found = _MET.match(stored)
    return Both(stored, stored) if found is None else _need_met(found)


def rank(stored: str) -> Both:
    """What put the chosen one first."""
    found = _IDLE.match(stored)
    if found is None:
        return reason(stored)
    took = duration(int(found["ms"]))
    return Both(f"libre desde hace {took}, quien más", f"idle for {took}, the longest")


def lacking(stored: str, skills: Mapping[str, int]) -> Both | None:
    """What exactly the agent with these skills lacks, "ventas 3 < 5"; None for another kind of reason."""
    found = _LACKS.match(stored)
    if found is None:
        return None
    text = f"{found['skill']} {skills.get(found['skill'], 0)} < {found['need']}"
    return Both(text, text)


def term(name: str, value: float) -> Both:
    """One part of a policy's score. Names that end in "_s" are seconds; what follows a dot tells which."""
    stem, _, which = name.partition(".")
    in_seconds = stem.endswith("_s")
    known = _TERMS.get(stem.removesuffix("_s"), Both(stem, stem))
    told = number(value) + (" s" if in_seconds else "")
    tail = f" ({which})" if which else ""
    return Both(f"{known.es}{tail} {told}", f"{known.en}{tail} {told}")


def duration(ms: int) -> str:
    """For people: "42 s", "3 min 5 s", "2 h 10 min"; the same in both languages."""
    if ms < 1_000:
        return f"{ms} ms"
    seconds = round(ms / 1000)
    minutes, rest = divmod(seconds, 60)
    if minutes == 0:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def number(value: float) -> str:
    """Without digits that mean nothing."""
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


def _by_name(found: re.Match[str]) -> Both:
    agent = found["agent"]
    return Both(f"lo eligió {agent}", f"chosen by {agent}")


def _need_met(found: re.Match[str]) -> Both:
    text = f"{found['skill']} {found['has']} ≥ {found['need']}"
    return Both(text, text)


def _with_reason(found: re.Match[str]) -> Both:
    base, why = _FIXED[found["what"]], found["why"]
    return Both(f"{base.es} ({_ENDS.get(why, why)})", f"{base.en} ({why})")


def _lacks(found: re.Match[str]) -> Both:
    text = f"{found['skill']} ≥ {found['need']}"
    return Both(f"sin {text}", f"without {text}")


def _takes_no(found: re.Match[str]) -> Both:
    medium = found["medium"]
    return Both(f"no atiende {_MEDIA.get(medium, medium)}", f"takes no {medium}")


def _kept(found: re.Match[str]) -> Both:
    return Both(f"se mantiene libre para la cola {found['queue']}", f"kept free for queue {found['queue']}")


def _freed(found: re.Match[str]) -> Both:
    how = "el más urgente" if found["how"] == "most urgent" else "el que más esperaba"
    return Both(
        f"quedó libre; este contacto era {how} de {found['count']}",
        f"became free; this contact was the {_HOW[found['how']]} of {found['count']}",
    )


_HOW = {"most urgent": "most urgent", "waited longest": "longest waiting"}


def _less(found: re.Match[str]) -> Both:
    return Both(
        f"menos urgente: {found['own']}, no {found['best']}",
        f"less urgent: {found['own']}, not {found['best']}",
    )


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Both]], ...] = (
    (_LACKS, _lacks),
    (_WITH, _with_reason),
    (_TAKES_NO, _takes_no),
    (_KEPT, _kept),
    (_FREED, _freed),
    (_LESS, _less),
    (_BY_NAME, _by_name),
)
