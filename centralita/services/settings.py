"""The part of one version of the configuration that services need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from centralita.services.judging import Branching
from config.build_services import Lookup, Survey, lookups, speech, survey_of, surveys
from config.flow_nodes import SurveyNode
from config.schema import Centre
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
    keep_messages_days: int
    """How long a message in a mailbox is kept."""

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
            lookups(centre),
            Branching.of(centre),
            _by_queue(centre, known),
            questions,
            speech(centre).first,
            centre.voicemail.keep,
        )


def _by_queue(centre: Centre, known: Mapping[str, Survey]) -> Mapping[str, Survey]:
    """The first survey of the flow that each queue's callers go through after the talk."""
    found = {}
    for queue, flow in survey_of(centre).items():
        nodes = centre.flows[flow].nodes.values() if flow in centre.flows else ()
        asked = next((node.survey for node in nodes if isinstance(node, SurveyNode)), None)
        if asked is not None and asked in known:
            found[queue] = known[asked]
    return found
