"""
Scenarios as transcripts: inputs by time, and below each what the engine did.

`queue NAME skill>=N ... ring=15s wrap=10s` and `agent NAME skill:N ... [command]` set the
scene. `TIME EVENT ...` is an input; `. record` and `> command` lines are what came out.
`make scenarios` rewrites the output lines; the change is then read as a diff.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from acd import events as ev
from acd.engine import Decision, Engine
from acd.invariants import broken
from acd.model import (
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    EndedBy,
    OfferEnd,
    OfferId,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SkillId,
    SkillNeed,
)
from acd.records import ContactClosed, Explanation, Record

START_MS = 1_000_000
_SKILL = re.compile(r"([a-z]+)(>=|:)(\d+)")
_OPTION = re.compile(r"(\w+)=(\d+)s")


@dataclass(slots=True)
class Scene:
    queues: dict[QueueId, QueueRules] = field(default_factory=dict)
    agents: dict[AgentId, AgentRules] = field(default_factory=dict)
    engine: Engine = field(default_factory=Engine)
    published: bool = False

    def publish(self, now_ms: int) -> None:
        if not self.published:
            self.published = True
            routing = Routing("v1", self.queues, self.agents)
            self.engine.handle(ev.ConfigPublished(routing), now_ms)
            for agent in self.agents:
                self.engine.handle(ev.PhoneReachable(agent, reachable=True), now_ms)


def run(text: str) -> str:
    """The transcript with its output lines written anew."""
    scene, out = Scene(), []
    for line in text.splitlines():
        if re.match(r"\s*[.>(]", line):
            continue
        out.append(line)
        if line.strip() and not line.startswith("#"):
            out += _step(scene, line)
    return "\n".join(out) + "\n"


def _step(scene: Scene, line: str) -> list[str]:
    words = line.split()
    if words[0] == "queue":
        scene.queues[QueueId(words[1])] = _queue(words[1], line)
        return []
    if words[0] == "agent":
        skills = {SkillId(n): int(v) for n, _, v in _SKILL.findall(line)}
        sign_in = SignIn.COMMAND if "command" in words else SignIn.PHONE
        scene.agents[AgentId(words[1])] = AgentRules(AgentId(words[1]), skills, sign_in)
        return []
    now_ms = START_MS + round(float(words[0].rstrip("s")) * 1000)
    scene.publish(START_MS)
    out: list[str] = []
    while (due := scene.engine.next_deadline_ms()) is not None and due < now_ms:
        out += [f"       ({(due - START_MS) / 1000:g}s)", *_shown(scene.engine.advance(due))]
    out += _shown(scene.engine.handle(_event(words[1:], now_ms), now_ms))
    problems = broken(scene.engine.state)
    assert not problems, f"{line}: {problems}"
    return out


def _queue(name: str, line: str) -> QueueRules:
    options = {key: int(value) * 1000 for key, value in _OPTION.findall(line)}
    needs = tuple(SkillNeed(SkillId(n), int(v)) for n, _, v in _SKILL.findall(line))
    renamed = {"ring": "ring_ms", "wrap": "wrap_ms", "busy": "busy_rest_ms", "declined": "decline_rest_ms"}
    return QueueRules(QueueId(name), needs, **{renamed[k]: v for k, v in options.items()})


def _event(words: list[str], now_ms: int) -> ev.Event:
    name, *args = words
    subject = args[0] if args else ""
    builders: dict[str, Callable[[], ev.Event]] = {
        "contact": lambda: ev.ContactStarted(ContactId(subject), Channel("a", f"u-{subject}"), "900"),
        "enqueue": lambda: ev.ContactEnqueued(ContactId(subject), QueueId(args[1])),
        "gone": lambda: ev.ContactGone(ContactId(subject), EndedBy(args[1]) if args[1:] else EndedBy.CALLER),
        "returned": lambda: ev.ContactReturned(ContactId(subject)),
        "elsewhere": lambda: ev.ContactElsewhere(ContactId(subject)),
        "finished": lambda: ev.ContactFinished(ContactId(subject)),
        "ringing": lambda: ev.OfferRinging(OfferId(subject)),
        "accepted": lambda: ev.OfferAccepted(OfferId(subject)),
        "failed": lambda: ev.OfferFailed(OfferId(subject), OfferEnd(args[1])),
        "leg-gone": lambda: ev.LegGone(OfferId(subject)),
        "presence": lambda: ev.PresenceSet(AgentId(subject), Presence(args[1]), " ".join(args[2:])),
        "wrap-done": lambda: ev.WrapUpDone(AgentId(subject)),
        "phone": lambda: ev.PhoneReachable(AgentId(subject), args[1] == "on"),
        "snapshot": lambda: _snapshot(args, now_ms),
        "time": ev.TimePassed,
    }
    return builders[name]()


def _snapshot(args: list[str], now_ms: int) -> ev.SwitchSnapshot:
    """`snapshot boot=b2 c1 c1-o1:up ana beto`: contacts, legs and registered phones that are there."""
    boot = next((a[5:] for a in args if a.startswith("boot=")), "b1")
    legs = [a for a in args if "-o" in a]
    callers = [a for a in args if re.fullmatch(r"c\d+", a)]
    phones = [a for a in args if a not in legs and a not in callers and "=" not in a]
    return ev.SwitchSnapshot(
        "a",
        boot,
        now_ms,
        tuple(ev.CallerSeen(ContactId(c), Channel("a", f"u-{c}")) for c in callers),
        tuple(
            ev.LegSeen(OfferId(leg.split(":")[0]), leg.endswith(":up"), leg.endswith(":up")) for leg in legs
        ),
        tuple(AgentId(p) for p in phones),
    )


def _shown(decision: Decision) -> list[str]:
    return [
        *(f"       . {_text(record)}" for record in decision.records),
        *(f"       > {_text(command)}" for command in decision.commands),
    ]


def _text(thing: object) -> str:
    name = type(thing).__name__
    if isinstance(thing, ContactClosed):
        spans = " ".join(f"{s.kind}:{(s.end_ms - s.start_ms) / 1000:g}s" for s in thing.segments)
        tried = " ".join(f"{o.agent_id}:{o.result}" for o in thing.offers)
        return f"{name} {thing.contact_id} {thing.outcome} by={thing.ended_by} [{spans}] [{tried}]"
    return " ".join([name, *_fields(thing)])


def _fields(thing: Record | object) -> list[str]:
    skipped = {"at_ms", "channel", "entry", "config_version", "engine_version"}
    shown = []
    for key in thing.__slots__:  # type: ignore[union-attr]
        value = getattr(thing, key)
        if key in skipped or value in (None, ""):
            continue
        if isinstance(value, Explanation):
            others = "; ".join(f"{reason}: {','.join(ids)}" for reason, ids in value.not_chosen.items())
            shown.append(f"({others})" if others else "()")
        elif key in ("until_ms", "resting_until_ms"):
            shown.append(f"{key[:-3]}={(value - START_MS) / 1000:g}s")
        elif key.endswith("_ms"):
            shown.append(f"{key[:-3]}={value / 1000:g}s")
        else:
            shown.append(str(value))
    return shown
