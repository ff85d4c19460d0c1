"""What the checks find in one configuration, and what they may ask about its text."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

from config.problems import KeyPath, Problem, Severity, did_you_mean
from config.tree import Tree
from ivr.prompts import SERVICE_TEXTS

_KINDS = {
    "skills": ("habilidad desconocida", "unknown skill"),
    "phones": ("teléfono desconocido", "unknown phone"),
    "flows": ("flujo desconocido", "unknown flow"),
    "queues": ("cola desconocida", "unknown queue"),
    "prompts": ("locución desconocida", "unknown prompt"),
    "nodes": ("nodo desconocido", "unknown node"),
    "hours": ("horario desconocido", "unknown hours"),
    "languages": ("idioma desconocido", "unknown language"),
    "entry": ("número desconocido", "unknown number"),
    "sites": ("sede desconocida", "unknown site"),
    "segments": ("segmento desconocido", "unknown segment"),
    "agents": ("agente desconocido", "unknown agent"),
    "intents": ("intención desconocida", "unknown intent"),
    "lookups": ("consulta desconocida", "unknown lookup"),
    "surveys": ("encuesta desconocida", "unknown survey"),
    "variables": ("variable desconocida", "unknown variable"),
    "fields": ("campo de la ficha desconocido", "unknown field of the record"),
}


class Findings:
    """
    Collects problems about one tree.

    Args:
        tree: The text.
        left_out: What stands in it but is not in the checked configuration, as its form is wrong.
    """

    def __init__(self, tree: Tree, left_out: Collection[KeyPath] = ()) -> None:
        self.tree = tree
        self.problems: list[Problem] = []
        self._left_out = frozenset(left_out)
        self._names: dict[str, frozenset[str]] = {}
        self._dangling: set[str] = set()

    def whole(self, *path: str | int) -> bool:
        """Nothing of this thing was left out: what is not in the configuration is not in the text either."""
        return not any(lost[: len(path)] == path or path[: len(lost)] == lost for lost in self._left_out)

    def dangling(self, *kinds: str) -> bool:
        """Some name of these kinds leads nowhere: what it was meant for may look unused, or impossible."""
        return not self._dangling.isdisjoint(kinds)

    def names(self, section: str) -> frozenset[str]:
        """All that a section of the file defines, sound or not: a wrong queue is not an unknown one."""
        if section not in self._names:
            value: Any = self.tree.value.get(section) if isinstance(self.tree.value, dict) else None
            known = value if isinstance(value, dict | list) else ()
            self._names[section] = frozenset(name for name in known if isinstance(name, str))
        return self._names[section]

    def prompts(self) -> frozenset[str]:
        """All prompts that can be said, those of the house too."""
        if "+prompts" not in self._names:
            self._names["+prompts"] = self.names("prompts") | {str(prompt) for prompt in SERVICE_TEXTS}
        return self._names["+prompts"]

    def error(
        self,
        code: str,
        path: KeyPath,
        es: str,
        en: str,
        fix: tuple[str, str] = ("", ""),
        *,
        at_key: bool = False,
    ) -> None:
        self.problems.append(self.tree.problem(code, path, es, en, fix, at_key=at_key))

    def warn(self, code: str, path: KeyPath, es: str, en: str, fix: tuple[str, str] = ("", "")) -> None:
        problem = self.tree.problem(code, path, es, en, fix, at_key=True)
        self.problems.append(dataclasses.replace(problem, severity=Severity.WARNING))

    def refer(
        self, kind: str, name: str | None, known: Collection[str], path: KeyPath, *, at_key: bool = False
    ) -> None:
        """A name must be known; None refers to nothing."""
        if name is not None and name not in known:
            self._dangling.add(kind)
            es, en = _KINDS[kind]
            code = f"unknown-{kind.removesuffix('s')}" if kind != "hours" else "unknown-hours"
            self.error(
                code, path, f"{es} «{name}»", f'{en} "{name}"', did_you_mean(name, known), at_key=at_key
            )

    def unused(self, *path: str | int) -> None:
        self.warn("unused", path, "no se usa", "is never used", ("úselo o bórrelo", "use it or delete it"))
