"""Do the names lead anywhere, and can the centre work? Everything but flows."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from typing import Any

from config.problems import KeyPath, Problem, Severity, did_you_mean
from config.schema import Agent, Centre, Utterance
from config.tree import Tree
from ivr.prompts import MANY_AHEAD, SERVICE_TEXTS

_KINDS = {
    "skills": ("habilidad desconocida", "unknown skill"),
    "phones": ("teléfono desconocido", "unknown phone"),
    "flows": ("flujo desconocido", "unknown flow"),
    "queues": ("cola desconocida", "unknown queue"),
    "prompts": ("locución desconocida", "unknown prompt"),
    "nodes": ("nodo desconocido", "unknown node"),
}


class Findings:
    """Collects problems about one tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.problems: list[Problem] = []

    def names(self, section: str) -> set[str]:
        """All that a section of the file defines, sound or not: a wrong queue is not an unknown one."""
        value: Any = self.tree.value.get(section) if isinstance(self.tree.value, dict) else None
        return set(value) if isinstance(value, dict) else set()

    def error(
        self, code: str, path: KeyPath, es: str, en: str, fix: tuple[str, str], *, at_key: bool = False
    ) -> None:
        self.problems.append(self.tree.problem(code, path, es, en, fix, at_key=at_key))

    def warn(self, code: str, path: KeyPath, es: str, en: str, fix: tuple[str, str]) -> None:
        problem = self.tree.problem(code, path, es, en, fix, at_key=True)
        self.problems.append(dataclasses.replace(problem, severity=Severity.WARNING))

    def refer(self, kind: str, name: str | None, known: Collection[str], path: KeyPath) -> None:
        """A name must be known; None refers to nothing."""
        if name is not None and name not in known:
            es, en = _KINDS[kind]
            code = f"unknown-{kind.removesuffix('s')}"
            self.error(code, path, f"{es} «{name}»", f'{en} "{name}"', did_you_mean(name, known))


def check(centre: Centre, found: Findings, left_out: Collection[KeyPath] = ()) -> None:
    """
    Add what is wrong between the parts of a configuration.

    Args:
        centre: The sound part of it.
        found: Where problems go.
        left_out: What is in the file but not in `centre`.
    """
    _check_agents(centre, found)
    _check_entries(centre, found)
    _check_queues(centre, found)
    if not any(path[0] in {"agents", "queues"} for path in left_out if path):
        _check_serviceable(centre, found)
    _check_fallback(centre, found)
    _check_prompts(centre, found)


def prompts_known(found: Findings) -> set[str]:
    return found.names("prompts") | {str(prompt) for prompt in SERVICE_TEXTS}


def _check_agents(centre: Centre, found: Findings) -> None:
    owners: dict[str, str] = {}
    for agent_id, agent in centre.agents.items():
        path = ("agents", agent_id)
        found.refer("phones", agent.phone, found.names("phones"), (*path, "phone"))
        for skill in agent.skills:
            if skill not in found.names("skills"):
                _unknown_skill(found, skill, (*path, "skills", skill))
        owner = owners.setdefault(agent.phone, agent_id)
        if owner != agent_id:
            es, en = f"el teléfono «{agent.phone}» ya es de {owner}", f'phone "{agent.phone}" is {owner}\'s'
            fix = ("un teléfono por agente", "one phone for each agent")
            found.error("phone-shared", (*path, "phone"), es, en, fix)


def _unknown_skill(found: Findings, skill: str, path: KeyPath) -> None:
    es, en = f"habilidad desconocida «{skill}»", f'unknown skill "{skill}"'
    found.error("unknown-skill", path, es, en, did_you_mean(skill, found.names("skills")), at_key=True)


def _check_entries(centre: Centre, found: Findings) -> None:
    if not found.names("entry"):
        fix = ('p. ej. entry: {"900": {flow: principal}}', 'e.g. entry: {"900": {flow: main}}')
        found.error("no-entry", ("entry",), "no hay ningún número que atender", "no number to answer", fix)
    for number, entry in centre.entry.items():
        found.refer("flows", entry.flow, found.names("flows"), ("entry", number, "flow"))
    used = {entry.flow for entry in centre.entry.values()}
    for flow in centre.flows:
        if flow not in used:
            _unused(found, ("flows", flow))


def _unused(found: Findings, path: KeyPath) -> None:
    found.warn("unused", path, "no se usa", "is never used", ("úselo o bórrelo", "use it or delete it"))


def _check_queues(centre: Centre, found: Findings) -> None:
    for name, queue in centre.queues.items():
        for index, need in enumerate(queue.need):
            found.refer("skills", need.skill, found.names("skills"), ("queues", name, "need", index))


def _check_serviceable(centre: Centre, found: Findings) -> None:
    for name, queue in centre.queues.items():
        needs = {need.skill: need.at_least for need in queue.need}
        if not any(_serves(agent, needs.items()) for agent in centre.agents.values()):
            found.warn(
                "nobody-could-serve",
                ("queues", name),
                "ningún agente podría atender esta cola",
                "no agent could ever serve this queue",
                ("baje «need» o suba las habilidades", 'lower "need" or raise skills'),
            )


def _serves(agent: Agent, needs: Iterable[tuple[str, int]]) -> bool:
    return all(agent.skills.get(skill, 0) >= at_least for skill, at_least in needs)


def _check_fallback(centre: Centre, found: Findings) -> None:
    found.refer("phones", centre.fallback.dial, found.names("phones"), ("fallback", "dial"))
    found.refer("prompts", centre.fallback.say, prompts_known(found), ("fallback", "say"))


def _check_prompts(centre: Centre, found: Findings) -> None:
    for name, wordings in centre.prompts.items():
        own = SERVICE_TEXTS.get(name, {})  # type: ignore[call-overload]
        for lang in centre.languages:
            if lang not in wordings and lang not in own:
                _missing_language(found, ("prompts", name), lang)
        for lang in wordings:
            if lang not in centre.languages:
                _unused(found, ("prompts", name, lang))
            if name == MANY_AHEAD:
                _check_number_slot(found, ("prompts", name, lang), wordings[lang])
    for index, lang in enumerate(centre.languages):
        for prompt, texts in SERVICE_TEXTS.items():
            if lang not in texts and prompt not in found.names("prompts"):
                _missing_language(found, ("languages", index), lang, prompt)


def _missing_language(found: Findings, path: KeyPath, lang: str, prompt: str = "") -> None:
    of = f" de «{prompt}»" if prompt else ""
    of_en = f' of "{prompt}"' if prompt else ""
    es, en = f"falta el texto{of} en «{lang}»", f'the text{of_en} is missing in "{lang}"'
    fix = (f"añada «{lang}: …» o quite el idioma", f'add "{lang}: …" or remove the language')
    found.error("prompt-language", path, es, en, fix, at_key=True)


def _check_number_slot(found: Findings, path: KeyPath, wording: Utterance) -> None:
    if wording.text is None or "{n}" not in wording.text:
        es, en = "este texto necesita {n}, el número de personas", "this text needs {n}, the number of people"
        fix = ("p. ej. «Tiene {n} personas delante.»", 'e.g. "There are {n} people ahead of you."')
        found.error("prompt-number", path, es, en, fix)
