"""What a headless agent says it does, a line each, in Spanish or English."""

from __future__ import annotations

from collections.abc import Callable, Mapping

LINES: Mapping[str, tuple[str, str]] = {
    "connected": ("conectado con el centro", "connected to the centre"),
    "lost": ("se ha perdido la conexión; se intenta otra vez", "connection lost; trying again"),
    "registered": ("el teléfono está registrado", "the phone is registered"),
    "not_registered": (
        "el teléfono no se registra ({why}); se intenta otra vez",
        "the phone does not register ({why}); trying again",
    ),
    "silent": ("sin voz: {why}", "no voice: {why}"),
    "rings": ("suena: {who}", "it rings: {who}"),
    "rings_consult": ("suena: pregunta {by}, por {who}", "it rings: {by} asks, about {who}"),
    "rings_dial": ("suena: para llamar a {who}", "it rings: to call {who}"),
    "over": ("la llamada ha terminado", "the call is over"),
    "nobody": ("el teléfono deja de sonar", "the phone stops ringing"),
    "home": ("se va a casa", "goes home"),
    "refused": ("rechazado: {why}", "refused: {why}"),
    "not_reached": ("no lo coge: {whom}", "does not pick up: {whom}"),
    "reached": ("habla con {whom}", "talks to {whom}"),
    "wait": ("espera {s} s", "waits {s} s"),
    "answer": ("descuelga", "picks up"),
    "decline": ("rechaza la llamada", "declines the call"),
    "no_answer": ("lo deja sonar", "lets it ring"),
    "talk": ("habla", "talks"),
    "talk_s": ("habla {s} s", "talks for {s} s"),
    "hold": ("retiene", "holds"),
    "retrieve": ("recupera", "retrieves"),
    "mute": ("se silencia", "mutes"),
    "unmute": ("se le vuelve a oír", "is heard again"),
    "consult": ("consulta a {whom}", "asks {whom}"),
    "cancel_consult": ("deja la consulta", "ends the consultation"),
    "conference": ("habla con los dos", "talks to both"),
    "transfer": ("transfiere a {whom}", "transfers to {whom}"),
    "complete_transfer": ("completa la transferencia", "completes the transfer"),
    "escalate": ("pasa al siguiente nivel", "escalates"),
    "hang_up": ("cuelga", "hangs up"),
    "note": ("anota: {text}", "notes: {text}"),
    "dispose": ("resultado: {text}", "disposition: {text}"),
    "wrap_up_done": ("acaba el trabajo posterior", "ends wrap-up"),
    "ready": ("disponible", "ready"),
    "not_ready": ("no disponible: {text}", "not ready: {text}"),
    "logged_out": ("fuera", "logged out"),
    "dial": ("llama a {text}", "calls {text}"),
}


class Words:
    """
    Args:
        say: Takes one line.
        spanish: English otherwise.
    """

    def __init__(self, say: Callable[[str], None], *, spanish: bool) -> None:
        self._say, self.spanish = say, spanish

    def __call__(self, line: str, **filled: object) -> None:
        self._say(LINES[line][0 if self.spanish else 1].format_map(filled))
