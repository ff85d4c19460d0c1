"""A walk that a test holds with its own words."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.actions import Action, Heard, Input, Limits, Listen, Mode
from ivr.flow import Enqueue, Exits, Flow, Goodbye, Node, NodeId, PromptId
from ivr.interpreter import Passed, State, World, begin, step
from ivr.ports import Utterance

P, N = PromptId, NodeId

TO_PERSON = Exits(N("person"), N("failed"))
"""The exits of most nodes of these tests."""


def flow_of(**nodes: Node) -> Flow:
    """Begins at the first of these; there are always a person, a failure and an end as well."""
    ends: dict[NodeId, Node] = {
        N("person"): Enqueue("general"),
        N("failed"): Enqueue("failures"),
        N("bye"): Goodbye(),
    }
    given = {N(name): node for name, node in nodes.items()}
    return Flow("f", next(iter(given)), {**ends, **given}, N("person"))


class Talk:
    """
    One caller in one flow.

    Args:
        flow: To walk.
        mode: How the caller likes to answer.
        ears: Who can listen: "few" to a few phrases, "free" to free speech.
        language: The caller's.
        limits: Of what is understood.
        memory: From before a restart.
        node: Where to resume.
    """

    def __init__(
        self,
        flow: Flow,
        *,
        mode: Mode = Mode.SPEECH,
        ears: tuple[str, ...] = ("few", "free"),
        language: str = "es",
        limits: Limits | None = None,
        memory: Mapping[str, object] | None = None,
        node: str | None = None,
    ) -> None:
        self.flow = flow
        self.ears = ears
        self.world = World(
            can_listen=lambda _language, free_speech: ("free" if free_speech else "few") in self.ears,
            language=language,
            limits=limits or Limits(),
        )
        self.told: list[Utterance] = []
        self.passed: list[Passed] = []
        self.learned: list[Mode] = []
        self.state: State
        self.action: Action
        resumed = None if node is None else N(node)
        self._take(begin(flow, resumed, world=self.world, mode=mode, memory=memory))

    def on(self, *answers: Input) -> Action:
        """Take these in turn; what is wanted then."""
        for answer in answers:
            self._take(step(self.flow, self.state, answer, world=self.world))
        return self.action

    def says(self, text: str, confidence: float = 0.95, **meant: str | float) -> Action:
        return self.on(Heard(text, confidence, **meant))  # type: ignore[arg-type]

    def heard(self) -> tuple[str, ...]:
        """The prompts of what is wanted now."""
        return tuple(getattr(self.action, "prompts", ()))

    def values(self) -> Mapping[str, str]:
        values: Mapping[str, str] = getattr(self.action, "values", {})
        return values

    def phrases(self) -> tuple[str, ...]:
        assert isinstance(self.action, Listen), self.action
        return self.action.phrases

    def outcomes(self) -> list[tuple[str, str, str]]:
        """What was said, what it was taken for, and what came of it."""
        return [(one.text, one.understood, one.outcome) for one in self.told]

    def _take(self, moved: tuple[State, Action]) -> None:
        self.state, self.action = moved
        self.told += self.state.said
        self.passed += self.state.passed
        if self.state.learned is not None:
            self.learned.append(self.state.learned)
