"""
The format as JSON Schema, for editors: completion, hints and red lines while one writes.

`python -m config.json_schema` writes it to docs/schema. It describes a file as it is
written (`20s`, `ventas >= 5/10`), and knows less than `centralita check`: nothing of
where names lead.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from config import flow_nodes, policy, queues, schema, services, talks, telephones, webhooks
from config.queue_words import PERCENT
from config.times import written
from config.words import DURATION

_MODULES = (telephones, queues, policy, webhooks, flow_nodes, services, talks, schema)
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = Path("docs/schema/acd-1.json")

_SPANISH = {
    "Centre.use": "Más archivos con secciones de esta misma forma",
    "Centre.languages": "El primero es el de la casa",
    "Centre.segments": "De clientes, de menos a más",
    "Centre.classify": "De arriba abajo; se aplican todas las reglas que se cumplen",
    "Agent.skills": "De 0 a 10; la que no se nombra vale 0",
    "Agent.sign_in": "phone: disponible en cuanto el teléfono se registra; command: solo por orden",
    "Agent.site": "Una de «sites»: dónde está, o de quién es",
    "Agent.capacity": "Contactos a la vez; si no se dice, una llamada (voice) y nada más",
    "Agent.auto_answer": "Se le dice al teléfono que descuelgue solo",
    "Centre.sites": "Sedes o empresas a las que pertenecen los agentes",
    "Settings.segment": "Uno de «segments»",
    "Settings.head_start": "Ventaja, p. ej. 90s; se suma la de todas las reglas que se cumplen",
    "Settings.prefer": "Agentes que se prefieren, el mejor primero: ana, history.last_agent",
    "Settings.need": "Lo que se pide al agente además de lo que pide la cola: lang.en >= 5/10",
    "RoutingChoice.policy": "La política de reparto del centro",
    "RoutingChoice.pick": "Con «fair», a quién se pide primero de los que están libres",
    "RoutingChoice.weights": "Archivo que ha escrito «centralita tune»; lo que contiene pasa a «numbers»",
    "RoutingChoice.numbers": "Ajustes de la política, donde difieren de los suyos",
    "RoutingChoice.starve": "Quien ha esperado más va primero, por antigüedad, sea cual sea la política",
    "Phone.kind": "Un teléfono SIP, o el navegador",
    "Phone.address": "Dirección fija de un teléfono que no se registra",
    "Phone.codecs": "Por orden de preferencia",
    "Phone.answer": "Cómo se le hace descolgar: talk (aviso), header (otra llamada con cabecera), o a mano",
    "Trunk.host": "Del operador, con su puerto si no es 5060",
    "Trunk.from_": "Redes de donde llegan las llamadas",
    "Trunk.numbers": "Número que manda el operador → número de «entry»",
    "Trunk.caller_id": "Número que se muestra al llamar",
    "Trunk.trust_identity": "Creer la P-Asserted-Identity del operador, y mandarla",
    "Trunk.allow": "Únicos destinos que se pueden marcar; vacío, ninguno",
    "Entry.script": "Un guion de la carpeta scripts/",
    "Centre.speech": "Cómo se oye a quien habla; sin ello, todo por teclado",
    "Centre.intents": "Por qué se llama, con ejemplos de cómo se dice",
    "Centre.lookups": "Programas a los que se pregunta mientras el cliente espera",
    "Centre.callbacks": "Llamadas que se piden en una página web",
    "Centre.voicemail": "Los mensajes que se dejan en los buzones",
    "Messages.keep": "Cuánto se guarda un mensaje, oído o no",
    "Centre.tests": "Conversaciones que recorre «centralita flow --test»",
    "Queue.survey": "Flujo que sigue a la conversación, para quienes entren en la muestra",
    "Speech.first": "Cómo se pregunta a quien no se conoce",
    "Speech.accept": "Desde esta seguridad la respuesta vale; entre confirm y esta, se confirma",
    "Speech.intent_accept": "Lo mismo, de lo que significa una respuesta libre",
    "Speech.misses": "Respuestas seguidas sin entender, tras las que se sigue por teclado",
    "Speech.longest": "De una respuesta",
    "Speech.slots": "Respuestas de menú que se reconocen a la vez; las demás, por teclado",
    "Speech.free_slots": "Lo mismo, de respuestas libres, que cuestan mucho más",
    "Speech.keep_said": "Cuánto se guarda lo que se dijo; 0d, nada",
    "SpeechEngine.model": "Carpeta de models/, o una ruta",
    "Silence.known": "Lo oído hasta ahora es justo una de las frases",
    "Intent.label": "Lo que ve el agente, y lo que se confirma",
    "Intent.examples": "Por idioma; diez o más, distintos",
    "Lookup.url": "{nombre} es un valor de «with», codificado",
    "Lookup.body": "De un POST, en JSON",
    "Lookup.secret_headers": "Cabecera → nombre de su valor en secrets.json, en «lookups»",
    "Lookup.within": "Más tarde es un fallo",
    "Lookup.gives": "Variable → dónde está en la respuesta",
    "Lookup.not_found": "El estado que significa que no lo hay",
    "Survey.sample": "Por segmento, a qué parte se pregunta; otherwise, a los demás",
    "CallbackSite.origins": "Páginas que pueden pedirlo: https://tienda.example",
    "Flow.on": "Las cinco salidas de los nodos que no digan otra cosa",
    "On.too_many": "Agotados los intentos",
    "On.failure": "Algo nuestro no funciona",
    "On.no_input": "No contesta: again, o un nodo",
    "On.no_match": "No se entiende: again, o un nodo",
    "On.hang_up": "Cuelga: end, o un nodo que no hable",
    "_Asking.tries": "Veces que se pregunta",
    "_Asking.invalid": "Se dice tras una respuesta que aquí no existe",
    "_Asking.silence": "Se dice tras no contestar",
    "MenuNode.spoken": "La pregunta hablada («diga»); sin ella, solo teclado",
    "MenuNode.phrases": "Por tecla, lo que se puede decir: una lista, o listas por idioma",
    "MenuNode.labels": "Lo que significa una tecla, para los agentes",
    "AskNode.ask": "La locución de la pregunta abierta",
    "AskNode.intents": "Intención → nodo",
    "AskNode.keypad": "El menú donde lo mismo se elige por teclado",
    "AskNode.slots": "Qué más se toma de lo que dice, y en qué variable",
    "DigitsNode.into": "La variable que lo guarda",
    "DigitsNode.length": "8, o 5-9",
    "DigitsNode.check": "Cómo se comprueba el número",
    "DigitsNode.confirm": "Se repite y se confirma también lo tecleado",
    "DigitsNode.secret": "Solo tecleado; no se guarda ni se escribe",
    "DigitsNode.spoken": "La pregunta cuando también se puede decir",
    "LookupNode.lookup": "Una de «lookups», o customer: la ficha de quien llama",
    "LookupNode.with_": "Nombre en la consulta → variable que lo tiene",
    "LookupNode.saying": "Se dice mientras se pregunta, para que nadie extrañe la pausa",
    "IdentifyNode.identify": "pin, o un campo de la ficha",
    "IdentifyNode.tries": "Fallos en toda la llamada",
    "SetNode.set": "Variable → valor; {nombre} es otra variable",
    "BranchNode.branch": "De arriba abajo; vale la primera que se cumple",
    "CallbackNode.offer": "La locución: 1 acepta, 2 da otro número",
    "TransferNode.ring": "Cuánto suena allí",
    "VoicemailNode.voicemail": "La cola cuya gente oirá el mensaje",
    "VoicemailNode.silence": "Acaba el mensaje, como #",
    "Situation.deaf": "No hay quien escuche: se pregunta por teclado",
    "Situation.reached": "Contesta aquel a quien se pasa la llamada",
    "TalkLine.hears": "Oye esta locución desde su última respuesta",
    "TalkLine.sure": "Lo seguro que está el reconocedor",
    "MenuNode.menu": "La locución que pregunta por teclado",
    "_FiveExits.too_many": "A dónde va quien agota los intentos; si no se dice, lo que diga «on»",
    "_Asking.timeout": "Desde el final de la pregunta",
    "Step.from_ms": "Desde que se entró en la cola",
    "Step.need": "Además de lo que pide la cola; de dos, vale lo más alto",
    "Step.relax": "Baja estos requisitos hasta este nivel; 0 lo quita",
    "Step.narrow": "Dice que pedir más que el paso anterior es a propósito",
    "Step.sites": "De qué sedes sirven los agentes: nombres, o any; sin él, las de la cola",
    "Step.prefer": "Solo quien prefiera una regla (set: {prefer: …}), mientras dure hold_for; el primer paso",
    "Step.hold_for": "Cuánto se le guarda el cliente, si está conectado y puede atender",
    "Goal.answer": "En cuánto se quiere contestar",
    "Goal.share": "A qué parte de los clientes",
    "Goal.counts": "Qué nivel de servicio: cómo cuentan los que cuelgan",
    "Ring.for_ms": "Cuánto suena cada agente",
    "Ring.then": "Qué pasa con el agente que deja sonar: not_ready(motivo), rest(30s), ready",
    "Wrap.for_ms": "Trabajo posterior a la llamada; 0s, ninguno",
    "Wrap.extend": "Cuántas veces puede pedir más tiempo el agente: once, un número, o no",
    "Wrap.extend_by": "Cuánto más cada vez",
    "LongWait.limit": "Espera estimada al entrar, a partir de la cual se toma esta salida",
    "Exits.long_wait": "La espera estimada al entrar es demasiado larga",
    "Exits.closed": "Fuera del horario de la cola",
    "Exits.full": "Demasiadas personas esperando",
    "Exits.nobody_signed_in": "Nadie que pueda atender está conectado",
    "Exits.nobody_could_ever": "Nadie de la configuración podría atender",
    "Exits.waited": "Tras esperar este tiempo",
    "Queue.hours": "Horario; sin él está siempre abierta",
    "Queue.need": "Requisitos, todos; sin ellos sirve cualquiera",
    "Queue.on": "Las cinco salidas, obligatorias",
    "Queue.sites": "De qué sedes sirven los agentes: nombres, o any",
    "Queue.goal": "Lo que promete la cola",
    "Queue.value": "Cuánto vale contestar a tiempo frente a otras colas, hasta 1000",
    "Queue.values": "Lo mismo por segmento, donde difiere",
    "Queue.keep_free": "Agentes de esta cola que no se dan a quien vale menos",
    "Queue.place_back": "Quien colgó esperando y llama antes de esto (hasta 1h) recupera su sitio; 0s, nunca",
    "Queue.escalate": "El siguiente nivel: a qué cola pasa un agente al cliente, con su espera y sus notas",
    "Queue.transferred": "Qué sitio tiene aquí quien pasa un agente",
    "Queue.dispositions": "En qué puede acabar un cliente, según el agente; sin lista, lo que escriba",
    "Transferred.clock": "keep: como si esperara desde que llegó a una cola; new: el último",
    "Transferred.head_start": "Ventaja que se suma a la que ya tiene, hasta 1h",
    "Queue.announce_every": "Cada cuánto se dice la posición",
    "Queue.rest": "Descanso del agente tras una oferta fallida",
    "Queue.short_abandon": "Quien cuelga antes no cuenta como abandono",
    "Hours.holidays": "Festivos: cerrado todo el día",
    "Hours.days": "Días distintos: un texto, una lista, o [] si está cerrado",
    "CustomerFacts.within": "Cuánto espera la llamada a la ficha; después, todo es desconocido",
    "Centre.webhooks": "Programas a los que se avisa de lo que ocurre: docs/webhooks.md",
    "Webhook.url": "Recibe un POST por aviso",
    "Webhook.events": 'Cuáles: tipos o grupos, p. ej. contact.closed, offer.*, "*"',
    "Webhook.queues": "Solo contactos de estas colas; sin nombrar ninguna, de todas",
    "Webhook.allow_private": "Puede ir a una red privada o a esta máquina; si no, solo a redes públicas",
    "Fallback.after": "Tras este tiempo sin servidor",
    "Fallback.dial": "Un teléfono; null cuelga tras el mensaje",
}
"""Beside the English docstrings of the schema, where they help most."""


def json_schema() -> dict[str, Any]:
    """Draft 2020-12, unknown keys refused at every level."""
    made = schema.Centre.model_json_schema(by_alias=True)
    _describe(made, "Centre")
    for name, model in made["$defs"].items():
        _describe(model, name)
    return {
        "$schema": DIALECT,
        "$id": "urn:centralita:acd:1",
        "title": "Centralita acd/1",
        **_tidy(made),
    }


def text() -> str:
    """As it stands in docs/schema."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def model_named(name: str) -> type[BaseModel]:
    """The model of this name, wherever it is written."""
    module = next(module for module in _MODULES if hasattr(module, name))
    model: type[BaseModel] = getattr(module, name)
    return model


def _describe(model: dict[str, Any], name: str) -> None:
    """Give each key its meaning, Spanish first."""
    kind = model_named(name)
    fields = {field.alias or key: key for key, field in kind.model_fields.items()}
    names = [base.__name__ for base in kind.__mro__]
    for written_as, described in model["properties"].items():
        key = fields[written_as]
        spanish = next((_SPANISH[f"{one}.{key}"] for one in names if f"{one}.{key}" in _SPANISH), "")
        english = next((_DOCSTRINGS[one][key] for one in names if key in _DOCSTRINGS.get(one, {})), "")
        spoken = [spanish, english.rstrip(".")]
        if any(spoken):
            described["description"] = " / ".join(filter(None, spoken))


def _docstrings() -> dict[str, dict[str, str]]:
    """Class -> field -> the text below it in the source."""
    found: dict[str, dict[str, str]] = {}
    for model in chain.from_iterable(ast.parse(inspect.getsource(module)).body for module in _MODULES):
        if not isinstance(model, ast.ClassDef):
            continue
        texts = found.setdefault(model.name, {})
        for field, below in zip(model.body, model.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
            ):
                texts[field.target.id] = str(below.value.value)
    return found


_DOCSTRINGS = _docstrings()


def _tidy(part: Any) -> Any:
    """Without what only a program's values have: titles, milliseconds, defaults that are groups."""
    if isinstance(part, list):
        return [_tidy(one) for one in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("default"), dict | list):
        part = {key: value for key, value in part.items() if key != "default"}
    if part.get("pattern") == f"^{DURATION}$" and "default" in part:
        part = {**part, "default": written(part["default"])}
    if part.get("pattern") == f"^{PERCENT}$" and "default" in part:
        part = {**part, "default": f"{part['default']}%"}
    if "patternProperties" in part:
        part = {**part, "additionalProperties": False}
    if part.get("anyOf", [None])[-1] == {"type": "null"} and "$ref" in part["anyOf"][0]:
        # An editor says what is wrong inside of one thing, but not of one out of two.
        part = {**{key: value for key, value in part.items() if key != "anyOf"}, **part["anyOf"][0]}
    drop = {"propertyNames"} | ({"title"} if isinstance(part.get("title"), str) else set())
    return {key: _tidy(value) for key, value in part.items() if key not in drop}


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")
