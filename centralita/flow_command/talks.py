"""Run one written conversation through the walk: who hears what, who says what, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from centralita.flow_command.scripted import House, Scripted, trust_of
from config.talks import Outcome, Talk, TalkLine
from ivr import interpreter
from ivr.actions import (
    Action,
    Collect,
    Fetch,
    Gather,
    Gathered,
    Gone,
    HangUp,
    Heard,
    Input,
    Join,
    Judge,
    KeepAnswer,
    Key,
    Listen,
    Mode,
    NotReached,
    Over,
    Play,
    Played,
    Promise,
    Prove,
    Record,
    Recorded,
    Ring,
    Silence,
)
from ivr.flow import Flow, PromptId
from ivr.interpreter import State
from ivr.session import Plan

Text = tuple[str, str]
"""Spanish, English."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, for people."""

    mark: str
    """hears, says, keys, silence, hangs_up, does, node."""
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a conversation went another way than it is written."""

    line: int | None
    """Of `talk`, counted from 0; None: how it ends."""
    said: Text


@dataclass(frozen=True, slots=True)
class Result:
    talk: Talk
    steps: tuple[Step, ...]
    failure: Failure | None

    @property
    def ok(self) -> bool:
        return self.failure is None


class _Other(Exception):
    """It went another way."""

    def __init__(self, line: int | None, es: str, en: str) -> None:
        super().__init__(es)
        self.failure = Failure(line, (es, en))


def run_talk(house: House, plan: Plan, talk: Talk) -> Result:
    """
    Run one conversation.

    Args:
        house: Of a checked configuration.
        plan: Of the same.
        talk: One of its `tests`.
    """
    run = _Run(house, plan, talk)
    try:
        run.all()
    except _Other as other:
        return Result(talk, tuple(run.steps), other.failure)
    return Result(talk, tuple(run.steps), None)


@dataclass(slots=True)
class _Run:
    house: House
    plan: Plan
    talk: Talk
    steps: list[Step] = field(default_factory=list)
    _at: int = 0
    """The line of the script that comes next."""
    _keys: str = ""
    """Left of a line of several keys."""
    _heard: list[PromptId] = field(default_factory=list)
    """Said since the caller's last answer, and not asked for yet."""
    _messages: list[str] = field(default_factory=list)
    """Queues for which a message was left."""

    def all(self) -> None:
        flow = self.plan.flows[self.plan.entries[self.talk.entry]]
        scripted = Scripted(self.house, self.talk, flow.id, trust_of(self.talk.given))
        mode = Mode(self.talk.given.mode) if self.talk.given.mode else self.plan.first
        world = scripted.world(self.plan.limits)
        state, action = interpreter.begin(flow, world=world, mode=mode)
        for _ in range(interpreter.steps_max(flow)):
            self._note(state, action)
            if interpreter.is_end(action):
                break
            answer = self._answer(flow, state, action, scripted)
            if answer is None:
                break
            state, action = interpreter.step(flow, state, answer, world=world)
        self._ended(action, scripted)

    def _note(self, state: State, action: Action) -> None:
        for passed in state.passed:
            label = f" → {passed.label}" if passed.label else ""
            self.steps.append(Step("node", f"{passed.node}{label}"))
        prompts: Sequence[PromptId] = ()
        if isinstance(action, Play | Listen | Gather | Fetch | Record):
            prompts = action.prompts
        elif isinstance(action, HangUp) and action.prompt is not None:
            prompts = (action.prompt,)
        for prompt in prompts:
            self.steps.append(Step("hears", prompt))
        self._heard += prompts
        self._match_heard()

    def _match_heard(self) -> None:
        """Take every line that the caller has just heard come true."""
        while (line := self._line()) is not None and line.hears:
            heard = list(self._heard)
            for prompt in line.hears:
                if prompt not in heard:
                    return
                heard = heard[heard.index(PromptId(prompt)) + 1 :]
            self._heard = heard
            self._at += 1

    def _line(self) -> TalkLine | None:
        return self.talk.talk[self._at] if self._at < len(self.talk.talk) else None

    def _answer(self, flow: Flow, state: State, action: Action, scripted: Scripted) -> Input | None:
        """The outcome of an action; None: the walk ends here, by a hand-over."""
        language = state.language or self.talk.given.language or self.house.centre.languages[0]
        line = self._line()
        if line is not None and line.hangs_up and not state.is_gone:
            self._take(line, "hangs_up", "")
            return Gone()
        match action:
            case Play():
                return Played()
            case Fetch() | Prove() | Judge() | Promise() | KeepAnswer():
                self.steps.append(Step("does", _errand(action)))
                return scripted.do(action, state.vars, language)
            case Ring():
                self.steps.append(Step("does", f"transfer: {action.agent or action.number}"))
                return None if self.talk.given.reached else NotReached()
            case Collect() | Listen() | Gather() | Record():
                return self._of_caller(state, action, scripted, language)
            case _:
                return None

    def _of_caller(
        self, state: State, action: Collect | Listen | Gather | Record, scripted: Scripted, language: str
    ) -> Input:
        if self._keys:
            return self._press(action)
        line = self._line()
        if line is None:
            raise _Other(
                None,
                f"el flujo espera una respuesta en «{state.node}» y la conversación no sigue",
                f'the flow waits for an answer at "{state.node}" and the talk does not go on',
            )
        if line.hears:
            raise self._not_heard(line, state)
        self._heard.clear()
        if line.keys is not None:
            secret = isinstance(action, Gather) and action.secret
            self._take(line, "keys", "•" * len(line.keys) if secret else line.keys)
            self._keys = line.keys
            return self._press(action)
        if line.silence:
            self._take(line, "silence", "")
            return Silence()
        return self._speak(line, state, action, scripted, language)

    def _not_heard(self, line: TalkLine, state: State) -> _Other:
        wanted = ", ".join(line.hears or ())
        said = ", ".join(self._heard) or "nada"
        said_en = ", ".join(self._heard) or "nothing"
        return _Other(
            self._at,
            f"se esperaba oír «{wanted}»; en «{state.node}» se oyó: {said}",
            f'"{wanted}" should be heard; at "{state.node}" was heard: {said_en}',
        )

    def _press(self, action: Collect | Listen | Gather | Record) -> Input:
        """One key, or as many as are gathered here; `#` ends a number and a message."""
        match action:
            case Gather(longest=longest):
                number, sign, _ = self._keys.partition("#")
                taken = number[:longest]
                ends = bool(sign) and len(number) <= longest
                self._keys = self._keys[len(taken) + ends :]
                return Gathered(taken) if taken else Silence()
            case Record(box=box):
                self._keys = ""
                self._messages.append(box)
                return Recorded()
            case _:
                key, self._keys = self._keys[0], self._keys[1:]
                return Key(key)

    def _speak(
        self,
        line: TalkLine,
        state: State,
        action: Collect | Listen | Gather | Record,
        scripted: Scripted,
        language: str,
    ) -> Input:
        text = line.says or ""
        if isinstance(action, Record):
            self._take(line, "says", text)
            self._messages.append(action.box)
            return Recorded()
        if not isinstance(action, Listen):
            raise _Other(
                self._at,
                f"en «{state.node}» se pregunta por teclado: nadie oye lo que se dice",
                f'at "{state.node}" keys are asked for: nobody hears what is said',
            )
        sure = 1.0 if line.sure is None else line.sure / 100
        if not action.intents:
            self._take(line, "says", text)
            return Heard(text, sure)
        meant = scripted.understand(text, language)
        share = f" ({meant.intent or '—'} {meant.sure:.0%})"
        self._take(line, "says", f"{text}{share}")
        return Heard(text, sure, meant.intent, meant.sure, meant.slots)

    def _take(self, line: TalkLine, mark: str, text: str) -> None:
        assert line is self._line(), "lines are taken in their order"
        self.steps.append(Step(mark, text))
        self._at += 1

    def _ended(self, action: Action, scripted: Scripted) -> None:
        found = _outcome(action)
        line = self._line()
        if line is not None:
            kinds = ("hears", "says", "keys", "silence", "hangs_up")
            what = next(kind for kind in kinds if getattr(line, kind))
            raise _Other(
                self._at,
                f"la llamada acabó antes ({found}) de esta línea: {what}",
                f"the call ended ({found}) before this line: {what}",
            )
        wanted = self.talk.ends
        if not _is(wanted, action, scripted.promised, self._messages):
            done = [f"callback: {queue}" for queue in scripted.promised]
            done += [f"voicemail: {queue}" for queue in self._messages]
            told = ", ".join([*done, found])
            raise _Other(
                None,
                f"debía acabar en {_written(wanted)} y acabó en {told}",
                f"should end in {_written(wanted)}, and ended in {told}",
            )


def _errand(action: Fetch | Prove | Judge | Promise | KeepAnswer) -> str:
    match action:
        case Fetch(source=source):
            return f"lookup: {source}"
        case Prove(by=by):
            return f"identify: {by}"
        case Judge(node=node):
            return f"branch: {node}"
        case Promise(queue=queue):
            return f"callback: {queue}"
        case KeepAnswer(survey=survey, question=question, value=value):
            return f"survey: {survey}.{question} = {value}"


def _outcome(action: Action) -> str:
    match action:
        case Join(queue=queue):
            return f"queue: {queue}"
        case Ring(agent=agent, number=number):
            return f"transfer: {agent or number}"
        case HangUp() | Over():
            return "hang_up"
        case _:
            return "…"


def _is(wanted: Outcome, action: Action, promised: Sequence[str], messages: Sequence[str]) -> bool:
    if wanted.queue is not None:
        return isinstance(action, Join) and action.queue == wanted.queue
    if wanted.callback is not None:
        return wanted.callback in promised
    if wanted.voicemail is not None:
        return wanted.voicemail in messages
    if wanted.transfer is not None:
        return isinstance(action, Ring) and wanted.transfer in {action.agent, action.number}
    return isinstance(action, HangUp | Over)


def _written(wanted: Outcome) -> str:
    kinds = ("queue", "callback", "voicemail", "transfer")
    named = (f"{kind}: {getattr(wanted, kind)}" for kind in kinds if getattr(wanted, kind) is not None)
    return next(named, "hang_up")
