"""The part of one version of the configuration that services need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from centralita.services.judging import Branching
from config.build_flows import flows
from config.build_services import Lookup, Survey, lookups, speech, survey_of, surveys
from config.schema import Centre
from ivr import flow as ivr
from ivr.actions import Mode


@dataclass(frozen=True, slots=True)
class Settings:
    lookups: Mapping[str, Lookup]
    branching: Branching
    surveys: Mapping[str, Survey]
    """By queue: whom its survey is for."""
    questions: Mapping[str, tuple[str, ...]]
    """By survey."""
    first: Mode
    """How a caller is asked of whom nothing is known."""

    @classmethod
    def of(cls, centre: Centre) -> Settings:
        """
        Build them.

        Raises:
            RuleError: A condition is wrong. A loaded configuration has none.
        """
        known = surveys(centre)
        questions = {name: tuple(each.id for each in one.questions) for name, one in known.items()}
        return cls(
            lookups(centre), Branching.of(centre), _by_queue(centre, known), questions, speech(centre).first
        )


def _by_queue(centre: Centre, known: Mapping[str, Survey]) -> Mapping[str, Survey]:
    """The first survey of the flow that each queue's callers go through after the talk."""
    built = flows(centre)
    found = {}
    for queue, flow in survey_of(centre).items():
        nodes = built[flow].nodes.values() if flow in built else ()
        asked = next((node.survey for node in nodes if isinstance(node, ivr.Survey)), None)
        if asked is not None and asked in known:
            found[queue] = known[asked]
    return found
