"""A caller's leg and the services of a house, played from a script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.actions import (
    Deaf,
    Failed,
    Found,
    Heard,
    Key,
    Mode,
    NotFound,
    NotProven,
    Promised,
    Proven,
    Refused,
    Silence,
)
from ivr.flow import VarName
from ivr.ports import CallerGone, Listening, SoundFailed, Understood, Utterance
from ivr.prompts import Catalogue
from ivr.unaided import Unaided

Line = str | Heard | Key | Silence | Deaf | bool | None
"""What a caller does when something is awaited: keys, words, whether a message was spoken, nothing."""


class Sounds:
    """Every text has a sound of its own."""

    def path(self, text: str, lang: str) -> str | None:
        return f"{lang}:{text}"

    async def speak(self, text: str, lang: str) -> str | None:
        return f"{lang}:{text}"


def catalogue(languages: Sequence[str] = ("es", "en")) -> Catalogue:
    """Prompts of the house only."""
    return Catalogue({}, languages, Sounds())


@dataclass
class Caller:
    """
    A leg. Each thing that is awaited takes one line of the script; when it is over the caller is silent.

    Args:
        script: What the caller does, in turn. Playing alone takes no line unless a key is awaited.
        gone_at: Hangs up at this many things awaited or played.
    """

    script: list[Line] = field(default_factory=list)
    ears: tuple[str, ...] = ()
    gone_at: int = 1_000
    bad: str = ""
    heard: list[str] = field(default_factory=list)
    wishes: list[Listening] = field(default_factory=list)
    awaited: int = 0
    while_heard: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """What happens while a sound, by the end of its name, is being heard."""

    def _next(self) -> Line:
        if self.awaited >= self.gone_at:
            raise CallerGone
        self.awaited += 1
        return self.script.pop(0) if self.script else None

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        for sound in sound_paths:
            if self.bad and self.bad in sound:
                raise SoundFailed(sound)
            self.heard.append(sound)
            for end, happens in self.while_heard.items():
                if sound.endswith(end):
                    await happens()
        if self.awaited >= self.gone_at:
            raise CallerGone
        self.awaited += 1
        return None

    async def collect(self, timeout_ms: int) -> str | None:
        line = self._next()
        return line if isinstance(line, str) else None

    async def music(self) -> None:
        self.heard.append("[music]")

    def can_listen(self, language: str, *, free_speech: bool) -> bool:
        return f"{language} {'free' if free_speech else 'few'}" in self.ears

    async def listen(self, wish: Listening) -> Heard | Key | Silence | Deaf:
        self.wishes.append(wish)
        self.heard += wish.sounds
        line = self._next()
        return line if isinstance(line, Heard | Key | Silence | Deaf) else Silence()

    async def gather(
        self, sound_paths: Sequence[str], longest: int, *, timeout_ms: int, between_ms: int, secret: bool
    ) -> str:
        if self.bad and any(self.bad in sound for sound in sound_paths):
            raise SoundFailed(self.bad)
        self.heard += sound_paths
        line = self._next()
        return line[:longest] if isinstance(line, str) else ""

    async def record(
        self, box: str, sound_paths: Sequence[str], *, longest_ms: int, silence_ms: int
    ) -> bool | None:
        if self.bad and any(self.bad in sound for sound in sound_paths):
            raise SoundFailed(self.bad)
        self.heard += sound_paths
        line = self._next()
        return line if isinstance(line, bool) else None


@dataclass
class Places:
    """Where the caller is known to be."""

    told: list[str] = field(default_factory=list)
    at: str | None = None
    lang: str | None = None
    now: str = "ivr"

    def phase(self, contact: str) -> str:
        return self.now

    def node(self, contact: str) -> str | None:
        return self.at

    def language(self, contact: str) -> str | None:
        return self.lang

    async def moved(self, contact: str, node: str) -> None:
        self.told.append(f"moved {node}")
        self.at = node

    async def speaks(self, contact: str, language: str) -> None:
        self.told.append(f"speaks {language}")
        self.lang = language


class Helpers(Unaided):
    """Services that answer as they are told and note what they were asked."""

    def __init__(self, mode: Mode = Mode.KEYS, **answers: object) -> None:
        super().__init__(mode)
        self.asked: list[str] = []
        self.kept: list[Mapping[str, object]] = []
        self.utterances: list[Utterance] = []
        self.answers = answers

    async def fetch(self, source: str, arguments: Mapping[str, str]) -> Found | NotFound | Failed:
        self.asked.append(f"fetch {source} {dict(arguments)}")
        answer = self.answers.get(source, Failed())
        assert isinstance(answer, Found | NotFound | Failed)
        return answer

    async def prove(self, by: str, value: str) -> Proven | NotProven | Failed:
        self.asked.append(f"prove {by}")
        return Proven() if value == self.answers.get(by) else NotProven()

    def unverified(self) -> None:
        self.asked.append("unverified")

    async def judge(self, flow: str, node: str, values: Mapping[VarName, str]) -> int | None:
        self.asked.append(f"judge {flow}/{node} {dict(values)}")
        answer = self.answers.get("judge")
        return answer if isinstance(answer, int) else None

    async def promise(self, queue: str, number: str) -> Promised | Refused:
        self.asked.append(f"promise {queue} {number}".strip())
        return Promised()

    async def ring(self, agent: str, number: str, ring_ms: int) -> Failed | None:
        self.asked.append(f"ring {agent}{number} {ring_ms}")
        return None if self.answers.get("ring") else Failed()

    def not_reached(self) -> bool:
        return bool(self.answers.get("not_reached"))

    async def keep_answer(self, survey: str, question: str, value: int) -> None:
        self.asked.append(f"answer {survey}/{question}={value}")

    def wants_survey(self, queue: str) -> bool:
        self.asked.append(f"survey? {queue}")
        return self.answers.get("survey") == queue

    async def understand(self, text: str, language: str) -> Understood:
        self.asked.append(f"understand {language} {text}")
        answer = self.answers.get("meant")
        return answer if isinstance(answer, Understood) else Understood()

    def learn(self, mode: Mode) -> None:
        self.asked.append(f"learn {mode}")

    def said(self, utterance: Utterance) -> None:
        self.utterances.append(utterance)

    def keep(self, memory: Mapping[str, object]) -> None:
        super().keep(memory)
        self.kept.append(memory)
