"""Errors as `application/problem+json` (RFC 9457): what is wrong and how to mend it, in both languages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import msgspec
from aiohttp import web

from centralita.people.refusals import Refused


class ProblemError(Exception):
    """
    A refusal that the client can understand.

    Args:
        status: HTTP status.
        code: Stable word for programs, e.g. "unknown_key".
        es: What is wrong and how to mend it.
        en: The same in English.
        **more: Further members of the answer.
    """

    def __init__(self, status: int, code: str, es: str, en: str, **more: object) -> None:
        super().__init__(en)
        self.status = status
        self.code = code
        self.es = es
        self.en = en
        self.more: Mapping[str, object] = more

    @classmethod
    def of(cls, refused: Refused) -> ProblemError:
        """Of people: with the seconds after which it can be tried again, if there are any."""
        later = {"retry_after_s": refused.retry_after_s} if refused.retry_after_s else {}
        return cls(refused.status, refused.code, refused.es, refused.en, **later)

    def response(self) -> web.Response:
        body = {
            "type": "about:blank",
            "title": self.code,
            "status": self.status,
            "detail": f"{self.es} / {self.en}",
            "es": self.es,
            "en": self.en,
            **self.more,
        }
        headers = {"WWW-Authenticate": 'Bearer realm="centralita"'} if self.status == 401 else {}
        if "retry_after_s" in self.more:
            headers["Retry-After"] = str(self.more["retry_after_s"])
        return web.Response(
            status=self.status,
            body=msgspec.json.encode(body),
            content_type="application/problem+json",
            headers=headers,
        )


def from_http(error: web.HTTPException) -> ProblemError:
    """What aiohttp itself refuses (no such path, wrong method, body too large...) in our words."""
    es, en = _HTTP.get(error.status, (error.reason, error.reason))
    return ProblemError(error.status, f"http_{error.status}", es, en)


_HTTP = {
    400: ("Petición mal formada.", "Malformed request."),
    404: (
        "No hay nada en esta dirección: compruebe la ruta.",
        "There is nothing at this address: check the path.",
    ),
    405: (
        "Esta dirección no admite ese método: vea la cabecera Allow.",
        "This address does not take that method: see the Allow header.",
    ),
    413: (
        "El cuerpo pasa de 64 KiB: envíe menos datos.",
        "The body is larger than 64 KiB: send less.",
    ),
}


def did_you_mean(given: str, known: Iterable[str]) -> tuple[str, str]:
    """The end of a sentence, Spanish and English: the nearest known word, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    if near:
        return f"¿quiso decir «{near[0]}»?", f"did you mean '{near[0]}'?"
    if not names:
        return "aquí no se admite ninguno.", "none is taken here."
    listed = ", ".join(names[:20])
    return f"se admiten: {listed}.", f"known: {listed}."
