"""Every code that lint may report, how grave it is, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from config.problems import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True, slots=True)
class LintRule:
    """What one code stands for, in general."""

    severity: Severity
    es: str
    en: str


RULES: Mapping[str, LintRule] = MappingProxyType(
    {
        "rule-unreachable": LintRule(
            _ERROR, "la condición no se cumple nunca", "the condition is never true"
        ),
        "rule-always": LintRule(
            _WARNING,
            "la condición se cumple siempre que se conocen sus datos",
            "the condition is true whenever its facts are known",
        ),
        "rule-twice": LintRule(_ERROR, "dos reglas con el mismo nombre", "two rules of one name"),
        "rule-does-nothing": LintRule(_WARNING, "la regla no cambia nada", "the rule changes nothing"),
        "set-conflict": LintRule(
            _ERROR,
            "dos reglas pueden cumplirse a la vez y ponen valores distintos",
            "two rules can hold at once and set different values",
        ),
        "vip-by-caller-id": LintRule(
            _WARNING,
            "el segmento depende solo del número, que se puede falsear",
            "the segment depends on the number alone, which can be forged",
        ),
        "reserved-field": LintRule(
            _ERROR, "ese dato del cliente ya existe siempre", "that customer fact is always there"
        ),
        "skill-nobody-holds": LintRule(_WARNING, "nadie tiene la habilidad", "nobody has the skill"),
        "skill-single-holder": LintRule(
            _WARNING, "una cola depende de una sola persona", "a queue depends on one person"
        ),
        "step-impossible": LintRule(
            _ERROR, "nadie podría atender en este paso", "nobody could ever serve in this step"
        ),
        "pool-shrinks": LintRule(
            _ERROR,
            "en un paso posterior sirven menos agentes, sin «narrow: true»",
            'a later step has fewer agents, without "narrow: true"',
        ),
        "site-without-agents": LintRule(_WARNING, "una sede sin agentes", "a site without agents"),
        "site-adds-nobody": LintRule(
            _WARNING,
            "un paso abre sedes y no gana a nadie que pueda atender",
            "a step opens sites and gains nobody who could serve",
        ),
        "rule-need-nobody": LintRule(
            _WARNING,
            "una regla pide lo que nadie tiene a la vez",
            "a rule asks for what nobody has all of",
        ),
        "prefer-unable": LintRule(
            _WARNING,
            "el agente preferido no podría atender en ninguna cola",
            "the preferred agent could serve in no queue",
        ),
        "prefer-unheeded": LintRule(
            _WARNING,
            "una regla prefiere a alguien y ninguna cola lo tiene en cuenta",
            "a rule prefers somebody and no queue heeds it",
        ),
        "prefer-nobody": LintRule(
            _WARNING,
            "una cola espera a los preferidos y ninguna regla dice quiénes son",
            "a queue waits for the preferred and no rule says who they are",
        ),
        "hold-too-long": LintRule(
            _WARNING,
            "se espera a los preferidos más que hasta la primera salida por espera",
            "callers are kept for the preferred beyond the first exit by wait",
        ),
        "keep-free-all": LintRule(
            _ERROR,
            "se dejan libres tantos agentes como pueden atender, o más",
            "as many agents are kept free as could serve, or more",
        ),
        "escalates-down": LintRule(
            _WARNING,
            "se escala a una cola que pide menos",
            "escalation leads to a queue that asks for less",
        ),
        "missing-exits": LintRule(_ERROR, "la cola no tiene salidas «on»", 'the queue has no exits "on"'),
        "queue-unused": LintRule(_WARNING, "nada lleva a la cola", "nothing leads to the queue"),
        "hours-never-open": LintRule(_WARNING, "un horario que no abre nunca", "hours that never open"),
        "variable-unset": LintRule(
            _ERROR,
            "una variable se usa donde nada la ha puesto todavía",
            "a variable is used where nothing has set it yet",
        ),
        "variable-reserved": LintRule(
            _ERROR, "ese nombre de variable es de la casa", "that variable is the house's own"
        ),
        "variable-types": LintRule(
            _ERROR,
            "dos consultas dan una misma variable con tipos distintos",
            "two lookups give one variable with different types",
        ),
        "secret-used": LintRule(
            _ERROR,
            "un número secreto se diría, se guardaría o se compararía",
            "a secret number would be said, kept or compared",
        ),
        "secret-in-url": LintRule(
            _ERROR,
            "un número secreto iría en una dirección web",
            "a secret number would be part of a web address",
        ),
        "pin-not-secret": LintRule(
            _ERROR, "una clave se pide sin secret: true", "a PIN is asked for without secret: true"
        ),
        "data-by-caller-id": LintRule(
            _ERROR,
            "se dirían datos de la ficha a quien no ha demostrado quién es",
            "data of the record would be told to who has not proven who they are",
        ),
        "identify-person": LintRule(
            _ERROR,
            "quien no logra identificarse no llega a una persona",
            "who cannot prove who they are does not reach a person",
        ),
        "hang-up-speaks": LintRule(
            _ERROR,
            "tras colgar se llevaría a un nodo que habla",
            "after hanging up a node that speaks would follow",
        ),
        "lookup-http": LintRule(
            _ERROR,
            "una consulta por http fuera de la red propia",
            "a lookup over http beyond the own network",
        ),
        "lookup-host": LintRule(
            _ERROR, "una variable decidiría a qué máquina se pregunta", "a variable would choose the host"
        ),
        "phrase-twice": LintRule(
            _ERROR, "la misma frase en dos teclas de un menú", "the same phrase for two keys of a menu"
        ),
        "phrases-alike": LintRule(
            _WARNING,
            "frases de teclas distintas que suenan parecido",
            "phrases of different keys that sound alike",
        ),
        "phrase-begins": LintRule(
            _WARNING,
            "una frase es el comienzo de la de otra tecla",
            "a phrase is the beginning of another key's",
        ),
        "phrases-language": LintRule(
            _WARNING,
            "un menú hablado sin frases en un idioma",
            "a spoken menu without phrases in a language",
        ),
        "no-recognizer": LintRule(
            _WARNING,
            "un nodo escucha y no hay reconocedor de un idioma",
            "a node listens and a language has no recognizer",
        ),
        "no-keypad-key": LintRule(
            _ERROR,
            "un menú hablado sin tecla libre para pasar al teclado",
            "a spoken menu without a free key to change to the keypad",
        ),
        "intent-example-twice": LintRule(
            _ERROR, "el mismo ejemplo en dos intenciones", "the same example in two intents"
        ),
        "intent-few-examples": LintRule(
            _WARNING, "menos de tres ejemplos de una intención", "fewer than three examples of an intent"
        ),
        "intent-language": LintRule(
            _WARNING,
            "una intención sin ejemplos en un idioma que se escucha",
            "an intent without examples in a language that is listened to",
        ),
        "survey-missing": LintRule(
            _WARNING,
            "el flujo que sigue a la conversación no pregunta ninguna encuesta",
            "the flow after the talk asks no survey",
        ),
    }
)
