"""What commands ask of the live configuration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from acd.model import AgentId, QueueId
from centralita.callers import Published
from centralita.web.live_shape import Answers
from config.schema import Centre

ANSWERS: Mapping[str, Answers] = {"talk": "command", "header": "command", "by_hand": "by_hand"}
"""`answer` of a phone in the configuration -> who makes it pick up."""


def answers_of(centre: Centre, agent: str) -> Answers:
    """How the agent's phone can be made to pick up."""
    known = centre.agents.get(agent)
    phone = None if known is None else centre.phones.get(known.phone)
    if phone is None:
        return "by_hand"
    return "screen" if phone.kind == "browser" else ANSWERS[phone.answer]


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """As the configuration is at the moment of each question."""

    centre: Callable[[], Centre]
    published: Callable[[], Published]

    def answers(self, agent: AgentId) -> Answers:
        """See `commands.ports.Settings`."""
        return answers_of(self.centre(), agent)

    def is_open(self, queue: QueueId) -> bool:
        """See `commands.ports.Settings`."""
        published = self.published()
        return published.plan.is_open(queue, published.is_open)

    def dispositions(self, queue: QueueId) -> Collection[str]:
        """See `commands.ports.Settings`."""
        known = self.centre().queues.get(queue)
        return () if known is None else known.dispositions
