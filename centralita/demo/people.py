"""Who calls, what for, and what is said. Nobody is dialled: the numbers only show on screens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Errand:
    """One reason to call."""

    keys: tuple[str, ...]
    """Pressed one after the other, a menu each."""
    lang: str
    asks: str
    talk_s: float
    """Mean length of the talk."""
    share: int
    """Of all callers, in parts."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    number: str
    segment: str = ""
    """Of a customer whom the company knows; empty for a stranger."""
    lang: str = "es"


ERRANDS = (
    Errand(("1",), "es", "Quería preguntar por una lavadora que he visto en su página.", 45, 5),
    Errand(("2", "1"), "es", "Mi lavadora pierde agua desde ayer por la noche.", 60, 4),
    Errand(("2", "2"), "es", "El frigorífico no enfría y hace un ruido muy raro.", 60, 3),
    Errand(("3",), "es", "Me han cobrado dos veces la misma factura.", 40, 4),
    Errand(("0",), "es", "Prefiero explicárselo a una persona, si no le importa.", 35, 2),
    Errand(("9", "1"), "en", "Hello, I would like to buy a new washing machine.", 45, 2),
    Errand(("9", "2", "2"), "en", "My fridge has stopped working and everything is melting.", 55, 1),
)

PEOPLE = (
    Person("Marta Ruiz Gómez", "+34600100101", "oro"),
    Person("Javier Soto Lara", "+34600100102"),
    Person("Lucía Martín Prado", "+34600100103", "plata"),
    Person("Andrés Vega Ríos", "+34600100104"),
    Person("Carmen Díaz Ortiz", "+34600100105", "base"),
    Person("Pablo Gil Navarro", "+34600100106", "base"),
    Person("Rosa Molina Sanz", "+34600100107", "oro"),
    Person("Hugo Castro León", "+34600100108"),
    Person("Nuria Ibáñez Pons", "+34600100109", "plata"),
    Person("Óscar Rubio Cano", "+34600100110", "base"),
    Person("Irene Campos Vila", "+34600100111"),
    Person("Tomás Herrero Gallego", "+34600100112", "base"),
    Person("Alicia Bravo Mora", "+34600100113", "plata"),
    Person("Sergio Pascual Rey", "+34600100114"),
    Person("Teresa Blanco Soler", "+34600100115", "base"),
    Person("Daniel Fuentes Roca", "+34600100116"),
    Person("Emily Carter", "+447400123456", "plata", "en"),
    Person("George Walsh", "+447400123457", "", "en"),
    Person("Sarah Bennett", "+447400123458", "base", "en"),
)

CALLER_SAYS = {
    "es": ("Sí, claro.", "Vale, muchas gracias.", "Eso es, correcto.", "No, nada más. Gracias."),
    "en": ("Yes, of course.", "Great, thank you.", "That is right.", "No, that is all. Thanks."),
}


def caller_texts() -> list[tuple[str, str]]:
    """All that callers say, with its language."""
    answers = [(text, lang) for lang, says in CALLER_SAYS.items() for text in says]
    return [*answers, *((errand.asks, errand.lang) for errand in ERRANDS)]
