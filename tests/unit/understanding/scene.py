"""A centre with intents, as text."""

from __future__ import annotations

from pathlib import Path

from tests.unit.config.good import GOOD

INTENTS = """\
intents:
  factura:
    label: Facturación
    examples:
      es:
        - no entiendo mi factura   # la más frecuente
        - me han cobrado de más
        - el recibo viene mal
      en: [my bill is wrong, I was charged twice, the invoice]
  averia:
    label: Avería
    examples: {es: [no funciona internet, se ha roto, no tengo línea], en: [it is broken]}
  cita: {label: Cita, examples: {es: [pedir cita, reservar hora, cambiar la visita]}}
"""
ASK = """\
      motivo:
        {ask: hola, intents: {factura: cola, averia: cola, cita: cola}, keypad: menu}
"""


def text_with_intents(intents: str = INTENTS) -> str:
    """Of a whole configuration that can be used."""
    text = GOOD.replace("hola: {say: hola, next: menu}", "hola: {say: hola, next: motivo}", 1)
    return (
        text.replace("      cola: {enqueue: ventas}\n", f"      cola: {{enqueue: ventas}}\n{ASK}", 1)
        + intents
    )


def write_centre(folder: Path, text: str | None = None) -> Path:
    file = folder / "centro.yaml"
    file.write_bytes((text_with_intents() if text is None else text).encode())
    return file
