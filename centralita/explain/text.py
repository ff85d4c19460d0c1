"""An explanation as somebody reads it who has never seen the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from centralita.explain import happened
from centralita.explain.words import Both, duration, need, rank, reason, term

Json = Mapping[str, Any]
NAMES_MAX = 8
"""Agents named for one reason; the rest are counted."""


def whole(told: Json, language: str) -> str:
    """
    The whole answer.

    Args:
        told: See `answer.Explainer.explain`.
        language: "en", or Spanish.
    """
    say = _Teller(language)
    lines = [say(f"Contacto {told['contact_id']}", f"Contact {told['contact_id']}") + _outcome(told, say)]
    lines += [_diversion(taken, say) for taken in told["diversions"]]
    lines += [say.of(happened.told(found)) for found in told["happenings"]]
    if not told["offers"]:
        lines.append(say("No se ofreció a nadie.", "It was offered to nobody."))
    for offer in told["offers"]:
        lines += ["", *_offer(offer, told["agent"], say)]
    return "\n".join(lines)


class _Teller:
    """Picks the language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, es: str, en: str) -> str:
        return en if self.language == "en" else es

    def of(self, both: Both) -> str:
        return both.of(self.language)


def _outcome(told: Json, say: _Teller) -> str:
    if told["live"]:
        return say(" (en curso)", " (on the line)")
    return f" ({told['outcome']})"


def _diversion(taken: Json, say: _Teller) -> str:
    where = f"{taken['to']} {taken['name']}".strip()
    waited = duration(taken["waited_ms"])
    return say(
        f"Salida «{taken['exit']}» de la cola {taken['queue']} tras {waited}: {where}",
        f"Exit '{taken['exit']}' of queue {taken['queue']} after {waited}: {where}",
    )


def _offer(offer: Json, asked: str | None, say: _Teller) -> Iterable[str]:
    at = happened.moment(offer["start_ms"])
    result = happened.ENDS.get(offer["result"] or "", Both("aún abierta", "still open"))
    title = say("Oferta", "Offer")
    yield f"{title} {offer['place']} · {offer['offer_id']} · {at}: {offer['agent']}, {say.of(result)}"
    why = offer["explanation"]
    if why is None:
        yield say("  No se guardó por qué.", "  Why was not kept.")
        return
    yield "  " + _where(why, say)
    yield "  " + say("Por qué", "Why") + f" {offer['agent']}: " + _chosen(why, say)
    yield from _score(why, say)
    if why.get("runner_up"):
        yield "  " + say("Siguiente si esto fallaba", "Next if this failed") + f": {why['runner_up']}"
    for passed in why.get("passed_over", ()):
        text = say.of(reason(passed["reason"]))
        yield "  " + say("Fue antes que", "Went before") + f" {passed['contact_id']}: {text}"
    if asked is None:
        yield from _others(why, say)
    else:
        yield "  " + _why_not(offer["why_not"], why, say)


def _where(why: Json, say: _Teller) -> str:
    parts = [
        say("Cola", "Queue") + f" {why['queue']}",
        say("paso", "step") + f" {why['step']}" if why.get("step") else "",
        say("llevaba", "had waited") + f" {duration(why['waited_ms'])}" + say(" esperando", ""),
        say("configuración", "configuration") + f" {why['config_version']}",
        say("reglas", "rules") + f" {', '.join(why['rules'])}" if why.get("rules") else "",
    ]
    return "; ".join(part for part in parts if part)


def _chosen(why: Json, say: _Teller) -> str:
    parts = [say.of(need(text)) for text in why["matched"]]
    return "; ".join([*parts, say.of(rank(why["rank"]))])


def _score(why: Json, say: _Teller) -> Iterable[str]:
    if why.get("policy"):
        terms = ", ".join(say.of(term(name, value)) for name, value in why.get("terms", ()))
        yield "  " + say("Política", "Policy") + f" {why['policy']}" + (f": {terms}" if terms else "")


def _others(why: Json, say: _Teller) -> Iterable[str]:
    if why["not_chosen"]:
        yield "  " + say("Por qué no los demás:", "Why not the others:")
    for group in why["not_chosen"]:
        text = say(group["es"], group["en"])
        names = group["agents"]
        if names is None:
            yield f"    ({say('no se sabe quiénes', 'not known who')}): {text}"
            continue
        more = len(names) - NAMES_MAX
        listed = ", ".join(names[:NAMES_MAX]) + (
            say(f" y {more} más", f" and {more} more") if more > 0 else ""
        )
        yield f"    {listed}: {text}"


def _why_not(found: Json, why: Json, say: _Teller) -> str:
    agent, version = found["agent"], why.get("roster", "")
    if found["code"] == "chosen":
        return say(f"{agent}: fue a quien se le ofreció.", f"{agent}: it was offered to this very agent.")
    if found["code"] == "reason":
        return say("Por qué no", "Why not") + f" {agent}: {say(found['es'], found['en'])}"
    if found["code"] == "not_in_version":
        return say(
            f"{agent}: no estaba en la configuración {version}, con la que se decidió.",
            f"{agent}: was not in configuration {version}, by which it was decided.",
        )
    return say(
        f"{agent}: la explicación guardada no dice nada de este agente.",
        f"{agent}: the stored explanation says nothing of this agent.",
    )
