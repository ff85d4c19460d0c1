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
    }
)
