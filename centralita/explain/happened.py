"""What befell a contact, one line each, as somebody reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from centralita.explain.words import Both, duration, reason
from centralita.store.happenings import ATTENDED, DIALLED, ESCALATED, HELD_BACK, TRANSFERRED

Json = Mapping[str, Any]

ENDS = {
    "accepted": Both("lo cogió", "picked up"),
    "no_answer": Both("no contestó", "no answer"),
    "busy": Both("comunicaba", "busy"),
    "declined": Both("lo rechazó", "declined"),
    "unreachable": Both("sin teléfono", "no phone"),
    "no_reply": Both("su teléfono no respondió", "the phone gave no reply"),
    "failed": Both("el teléfono o la centralita lo rechazó", "refused by phone or switch"),
    "caller_gone": Both("quien llamaba colgó", "the caller hung up"),
    "withdrawn": Both("se retiró", "withdrawn"),
    "lost": Both("se perdió la pista", "lost track"),
}
"""How an offer, a consultation or a call outside ended, by `acd.model.OfferEnd`."""


def told(found: Json) -> Both:
    """A row of `happening`, with its time."""
    tell = _TOLD.get(found["kind"])
    said = Both(found["kind"], found["kind"]) if tell is None else tell(found)
    at = moment(found["at_ms"])
    return Both(f"{at}: {said.es}", f"{at}: {said.en}")


def moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _held_back(found: Json) -> Both:
    why, queue = reason(found["reason"]), found["queue"]
    return Both(
        f"esperó en la cola {queue} aunque había alguien libre: {why.es}",
        f"waited in queue {queue} although somebody was free: {why.en}",
    )


def _escalated(found: Json) -> Both:
    agent, queue, to = found["agent"], found["queue"], found["to"]
    return Both(
        f"{agent} lo pasó de la cola {queue} a la cola {to}",
        f"{agent} handed it over from queue {queue} to queue {to}",
    )


def _transferred(found: Json) -> Both:
    attended, whom = found["reason"] == ATTENDED, _whom(found)
    return Both(
        f"{found['agent']} lo traspasó a {whom.es}, {'tras consultar' if attended else 'sin consultar'}",
        f"{found['agent']} transferred it to {whom.en}, {'after asking' if attended else 'without asking'}",
    )


def _retrieved(found: Json) -> Both:
    took = duration(found["lasted_ms"])
    return Both(f"{found['agent']} lo recuperó tras {took}", f"{found['agent']} retrieved it after {took}")


def _consult_started(found: Json) -> Both:
    whom = _whom(found)
    return Both(f"{found['agent']} consulta a {whom.es}", f"{found['agent']} asks {whom.en}")


def _consult_connected(found: Json) -> Both:
    whom = _whom(found)
    return Both(f"{found['agent']} habla con {whom.es}", f"{found['agent']} talks to {whom.en}")


def _conference_started(found: Json) -> Both:
    whom = _whom(found)
    return Both(f"conferencia de {found['agent']} con {whom.es}", f"{found['agent']} confers with {whom.en}")


def _over(what: Both) -> Callable[[Json], Both]:
    def tell(found: Json) -> Both:
        if found["reason"] == "accepted":
            took = duration(found["lasted_ms"])
            return Both(f"{what.es}, tras {took}", f"{what.en}, after {took}")
        why = ENDS.get(found["reason"], Both(found["reason"], found["reason"]))
        return Both(f"{what.es}: {why.es}", f"{what.en}: {why.en}")

    return tell


def _by(es: str, en: str) -> Callable[[Json], Both]:
    return lambda found: Both(es.format(found["agent"]), en.format(found["agent"]))


def _whom(found: Json) -> Both:
    match found["to_kind"]:
        case "queue":
            return Both(f"la cola {found['to']}", f"queue {found['to']}")
        case "outside":
            return Both("alguien de fuera", "somebody outside")
        case _:
            return Both(found["to"], found["to"])


_TOLD: Mapping[str, Callable[[Json], Both]] = {
    HELD_BACK: _held_back,
    ESCALATED: _escalated,
    TRANSFERRED: _transferred,
    DIALLED: _by("{} llama al cliente", "{} calls the customer"),
    "held": _by("{} lo retiene", "{} puts it on hold"),
    "retrieved": _retrieved,
    "muted": _by("{} se silencia", "{} is muted"),
    "unmuted": _by("a {} se le vuelve a oír", "{} is heard again"),
    "consult_started": _consult_started,
    "consult_connected": _consult_connected,
    "consult_ended": _over(Both("fin de la consulta", "the consultation is over")),
    "conference_started": _conference_started,
    "conference_ended": lambda _: Both("fin de la conferencia", "the conference is over"),
    "outside_connected": lambda _: Both("habla con alguien de fuera", "it talks to somebody outside"),
    "outside_ended": _over(Both("fin de la llamada fuera", "the call outside is over")),
}
