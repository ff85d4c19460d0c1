"""
Scenarios as transcripts: inputs by time, and below each what the engine did.

These lines set the scene; given again later, they count from the next `publish` on:

    queue NAME skill>=N ... ring=15s wrap=10s full=2 sites=mad,bog
          extend=20s place_back=600s estimate=300s escalate=QUEUE prefer=15s
    step QUEUE NAME 25s skill>=N ... sites=mad
    exit QUEUE closed message(x) -> to queue y        (or full, ..., or waited=60s)
    agent NAME skill:N ... site=mad [command] [auto]

`TIME EVENT ...` is an input; `. record` and `> command` lines are what came out, and `?`
lines the answer to `TIME why`. `make scenarios` rewrites the output lines; the change is
then read as a diff.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from acd import events as ev
from acd.engine import Decision, Engine
from acd.invariants import broken
from acd.model import (
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Desktop,
    EndedBy,
    Exit,
    ExitKind,
    ExitTo,
    Medium,
    OfferEnd,
    OfferId,
    Preference,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SiteId,
    SkillId,
    SkillNeed,
    Step,
    Target,
    TargetKind,
)
from acd.records import ContactClosed, Explanation, Record
from acd.routing.waiting import why_waiting_all
from acd.state import State

START_MS = 1_000_000
_SKILL = re.compile(r"([a-z.()]+)(>=|:)(\d+)")
_OPTION = re.compile(r"(\w+)=(\d+)s")
_TIMES = {
    "ring": "ring_ms",
    "wrap": "wrap_ms",
    "busy": "busy_rest_ms",
    "declined": "decline_rest_ms",
    "extend": "wrap_extend_ms",
    "place_back": "place_back_ms",
    "estimate": "estimate_limit_ms",
}


@dataclass(slots=True)
class Scene:
    queues: dict[QueueId, QueueRules] = field(default_factory=dict)
    agents: dict[AgentId, AgentRules] = field(default_factory=dict)
    engine: Engine = field(default_factory=Engine)
    published: int = 0
    rosters: dict[str, list[AgentId]] = field(default_factory=dict)
    """Who the bits of an explanation are, by version."""

    def open(self) -> None:
        """The first configuration, and every phone registers."""
        if not self.published:
            self.engine.handle(self.publication(), START_MS)
            for agent in self.agents:
                self.engine.handle(ev.PhoneReachable(agent, reachable=True), START_MS)

    def publication(self, *, move_waiting: bool = False) -> ev.ConfigPublished:
        self.published += 1
        routing = Routing(f"v{self.published}", dict(self.queues), dict(self.agents))
        self.rosters[routing.version] = sorted(routing.agents)
        return ev.ConfigPublished(routing, move_waiting)


def run(text: str) -> str:
    """The transcript with its output lines written anew."""
    scene, out = Scene(), []
    for line in text.splitlines():
        if re.match(r"\s*[.>(?]", line):
            continue
        out.append(line)
        if line.strip() and not line.startswith("#"):
            out += _step(scene, line)
    return "\n".join(out) + "\n"


def _step(scene: Scene, line: str) -> list[str]:
    words = line.split()
    if words[0] in ("queue", "step", "exit", "agent"):
        _set(scene, words, line)
        return []
    now_ms = START_MS + _ms(words[0])
    scene.open()
    out: list[str] = []
    while (due := scene.engine.next_deadline_ms()) is not None and due < now_ms:
        out += [f"       ({(due - START_MS) / 1000:g}s)", *_shown(scene, scene.engine.advance(due))]
    if words[1] == "why":
        return [*out, *_why(scene.engine.state, now_ms)]
    if words[1] == "publish":
        event: ev.Event = scene.publication(move_waiting="moving" in words)
    else:
        event = _event(words[1:], now_ms)
    out += _shown(scene, scene.engine.handle(event, now_ms))
    problems = broken(scene.engine.state)
    assert not problems, f"{line}: {problems}"
    return out


def _set(scene: Scene, words: list[str], line: str) -> None:
    kind, name, *rest = words
    needs = tuple(SkillNeed(SkillId(n), int(v)) for n, _, v in _SKILL.findall(line))
    rules = scene.queues.get(QueueId(name), QueueRules(QueueId(name)))
    if kind == "agent":
        sign_in = SignIn.COMMAND if "command" in rest else SignIn.PHONE
        skills = {need.skill: need.at_least for need in needs}
        site = SiteId(_word(rest, "site"))
        scene.agents[AgentId(name)] = AgentRules(
            AgentId(name), skills, sign_in, site, auto_answer="auto" in rest
        )
        return
    if kind == "queue":
        rules = _queue(rules.id, needs, rest, line)
    elif kind == "step":
        rules = replace(rules, steps=(*rules.steps, Step(rest[0], _ms(rest[1]), needs, _sites(rest))))
    elif rest[0].startswith("waited="):
        rules = replace(rules, waited=(*rules.waited, (_ms(rest[0][7:]), _exit(line))))
    else:
        rules = replace(rules, exits={**rules.exits, ExitKind(rest[0]): _exit(line)})
    scene.queues[rules.id] = rules


def _queue(name: QueueId, needs: tuple[SkillNeed, ...], words: list[str], line: str) -> QueueRules:
    options = _OPTION.findall(line)
    times = {_TIMES[option]: int(value) * 1000 for option, value in options if option in _TIMES}
    full, hold, tier = (_word(words, option) for option in ("full", "prefer", "escalate"))
    return QueueRules(
        name,
        needs,
        full_at=int(full) if full else None,
        sites=_sites(words),
        preference=Preference(_ms(hold), needs) if hold else None,
        escalate_to=QueueId(tier) if tier else None,
        **times,  # type: ignore[arg-type]
    )


def _word(words: list[str], option: str) -> str:
    """What stands behind `option=`; empty if nothing does."""
    return next((word.partition("=")[2] for word in words if word.startswith(f"{option}=")), "")


def _sites(words: list[str]) -> tuple[SiteId, ...]:
    named = _word(words, "sites")
    return tuple(SiteId(site) for site in named.split(",")) if named not in ("", "any") else ()


def _exit(line: str) -> Exit:
    say = tuple(re.findall(r"message\((\w+)\)", line))
    alarm = "".join(re.findall(r"alarm\((\w+)\)", line))
    to, name = re.findall(r"(?:to (queue|flow) (\w+)|(?:hang_up|keep_waiting))$", line)[0]
    return Exit(ExitTo(to or line.rsplit(maxsplit=1)[-1]), name, say, alarm)


def _ms(text: str) -> int:
    return round(float(text.rstrip("s")) * 1000)


def _why(state: State, now_ms: int) -> list[str]:
    out = []
    for contact_id, why in why_waiting_all(state, now_ms).items():
        step = f" step {why.step}" if why.step else ""
        following = f", next in {why.next_step_ms / 1000:g}s" if why.next_step_ms is not None else ""
        because = [f"{n} {veto}" for veto, n in why.team.busy.items()]
        because += [
            f"{n} without {need.skill} >= {need.at_least}" for need, n in why.team.lacks_skill.items()
        ]
        because += [f"{n} free, but not for it" for n in (why.team.free,) if n]
        because += [f"{n} elsewhere" for n in (why.team.elsewhere,) if n]
        out.append(f"       ? {contact_id}{step}{following}; {why.ahead_of_you} ahead; {', '.join(because)}")
    return out


def _event(words: list[str], now_ms: int) -> ev.Event:
    name, *args = words
    subject = args[0] if args else ""
    builders: dict[str, Callable[[], ev.Event]] = {
        "contact": lambda: ev.ContactStarted(ContactId(subject), Channel("a", f"u-{subject}"), "900"),
        "enqueue": lambda: ev.ContactEnqueued(
            ContactId(subject), QueueId(args[1]), "closed" not in args, _estimate(args)
        ),
        "called-again": lambda: ev.CallerReturned(ContactId(subject), ContactId(args[1])),
        "escalated": lambda: ev.ContactEscalated(ContactId(subject), AgentId(args[1])),
        "visited": lambda: ev.ContactVisited(ContactId(subject)),
        "classified": lambda: ev.ContactClassified(
            ContactId(subject),
            args[1],
            args[2],
            _ms(args[3]),
            tuple(word for word in args[4:] if "=" not in word),
            tuple(AgentId(name) for name in _word(args, "prefer").split(",") if name),
        ),
        "language": lambda: ev.LanguageChosen(ContactId(subject), args[1]),
        "gone": lambda: ev.ContactGone(ContactId(subject), EndedBy(args[1]) if args[1:] else EndedBy.CALLER),
        "returned": lambda: ev.ContactReturned(ContactId(subject)),
        **_talk(subject, args),
        **_promises(subject, args),
        "elsewhere": lambda: ev.ContactElsewhere(ContactId(subject)),
        "finished": lambda: ev.ContactFinished(ContactId(subject)),
        "ringing": lambda: ev.OfferRinging(OfferId(subject)),
        "accepted": lambda: ev.OfferAccepted(OfferId(subject)),
        "failed": lambda: ev.OfferFailed(OfferId(subject), OfferEnd(args[1])),
        "leg-gone": lambda: ev.LegGone(OfferId(subject)),
        "presence": lambda: ev.PresenceSet(AgentId(subject), Presence(args[1]), " ".join(args[2:])),
        "afterwards": lambda: ev.PresenceSet(
            AgentId(subject), Presence(args[1]), " ".join(args[2:]), after_contact=True
        ),
        "wrap-done": lambda: ev.WrapUpDone(AgentId(subject)),
        "more-time": lambda: ev.WrapUpExtended(AgentId(subject)),
        "phone": lambda: ev.PhoneReachable(AgentId(subject), args[1] == "on"),
        "own-call": lambda: ev.PhoneInUse(AgentId(subject), args[1] == "on"),
        "desktop": lambda: ev.DesktopChanged(AgentId(subject), Desktop(args[1])),
        "snapshot": lambda: _snapshot(args, now_ms),
        "time": ev.TimePassed,
    }
    return builders[name]()


def _talk(subject: str, args: list[str]) -> dict[str, Callable[[], ev.Event]]:
    """`hold c1 ana`, `consult c1 ana agent:beto`, `transfer c1 ana queue:soporte closed anyway`, ..."""
    contact, agent = ContactId(subject), AgentId(args[1] if args[1:] else "")
    return {
        "hold": lambda: ev.HoldAsked(contact, agent),
        "retrieve": lambda: ev.RetrieveAsked(contact, agent),
        "mute": lambda: ev.MuteAsked(contact, agent, muted=True),
        "unmute": lambda: ev.MuteAsked(contact, agent, muted=False),
        "consult": lambda: ev.ConsultAsked(contact, agent, _target(args[2])),
        "transfer": lambda: ev.TransferAsked(
            contact, agent, _target(args[2]), "closed" not in args, _estimate(args), "anyway" in args
        ),
        "complete": lambda: ev.TransferCompleted(contact, agent),
        "conference": lambda: ev.ConferenceAsked(contact, agent),
        "hang-up": lambda: ev.HangUpAsked(contact, agent),
        "answer": lambda: ev.AnswerAsked(AgentId(subject)),
        "dial": lambda: ev.ContactDialled(
            contact, agent, Channel("a", f"u-{subject}"), "tok", QueueId(args[2]) if args[2:] else None
        ),
        "reached": lambda: ev.ContactReached(contact),
        "not-reached": lambda: ev.ContactGone(contact, EndedBy.CALLER, OfferEnd(args[1])),
    }


def _promises(subject: str, args: list[str]) -> dict[str, Callable[[], ev.Event]]:
    """`promised c1 ventas closed`, `asked c1 ventas`, `hours ventas closed`, `sent c1 agent:ana`, ..."""
    contact, channel = ContactId(subject), Channel("a", f"{subject}-c")
    queue, is_open = QueueId(args[1] if args[1:] else ""), "closed" not in args
    return {
        "promised": lambda: ev.CallbackPromised(contact, queue, "tok", channel, is_open),
        "asked": lambda: ev.CallbackAsked(contact, queue, "tok", channel, "web", is_open),
        "cancelled": lambda: ev.CallbackCancelled(contact),
        "hours": lambda: ev.QueueHours(QueueId(subject), is_open),
        "sent": lambda: ev.ContactSent(contact, _target(args[1])),
    }


def _target(text: str) -> Target:
    kind, _, name = text.partition(":")
    return Target(TargetKind(kind), name)


def _estimate(args: list[str]) -> int | None:
    told = _word(args, "estimate")
    return _ms(told) if told else None


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


def _shown(scene: Scene, decision: Decision) -> list[str]:
    return [
        *(f"       . {_text(scene, record)}" for record in decision.records),
        *(f"       > {_text(scene, command)}" for command in decision.commands),
    ]


def _text(scene: Scene, thing: object) -> str:
    name = type(thing).__name__
    if isinstance(thing, ContactClosed):
        spans = " ".join(f"{s.kind}:{(s.end_ms - s.start_ms) / 1000:g}s" for s in thing.segments)
        tried = " ".join(f"{o.agent_id}:{o.result}" for o in thing.offers)
        return f"{name} {thing.contact_id} {thing.outcome} by={thing.ended_by} [{spans}] [{tried}]"
    return " ".join([name, *_fields(scene, thing)])


def _fields(scene: Scene, thing: Record | object) -> list[str]:
    skipped = {"at_ms", "channel", "entry", "config_version", "engine_version", "pending_reason"}
    shown = []
    for key in thing.__slots__:  # type: ignore[union-attr]
        value = getattr(thing, key)
        if key in skipped or value in (None, "", (), Medium.VOICE) or (key == "hold_ms" and not value):
            continue
        if isinstance(value, Target):
            shown.append(f"{value.kind}:{value.name}")
            continue
        if isinstance(value, Explanation):
            shown += _why_this(scene, value)
        elif key in _ONLY_IF:
            shown += _ONLY_IF[key].get(str(value), [])
        elif key == "pending":
            reason = getattr(thing, "pending_reason", "")
            shown.append(f"then={value}({reason})" if reason else f"then={value}")
        elif isinstance(value, tuple):
            shown.append(("prefers=" if key == "preferred" else "") + ",".join(value))
        elif key in ("until_ms", "resting_until_ms", "promised_ms"):
            shown.append(f"{key[:-3]}={(value - START_MS) / 1000:g}s")
        elif key.endswith("_ms"):
            shown.append(f"{key[:-3]}={value / 1000:g}s")
        else:
            shown.append(str(value))
    return shown


_ONLY_IF = {
    "in_use": {"True": ["own_call"]},
    "desktop": {"gone": ["desktop_gone"]},
    "auto_answer": {"True": ["auto"]},
    "kind": {"consult": ["consult"], "outside": ["outside"], "dial": ["dial"], "callback": ["callback"]},
    "direction": {"outbound": ["outbound"]},
}
"""Fields that are shown by a word of their own, and only at these values."""


def _why_this(scene: Scene, why: Explanation) -> list[str]:
    """The step, why not the others, and who is asked next."""
    roster = scene.rosters[why.roster]
    reasons = (f"{reason}: {_named(mask, roster)}" for reason, mask in why.not_chosen.items())
    shown = [f"step={why.step}"] if why.step else []
    following = [f"next={why.runner_up}"] if why.runner_up else []
    return [*shown, f"({'; '.join(reasons)})", *following]


def _named(mask: int, roster: list[AgentId]) -> str:
    return ",".join(name for place, name in enumerate(roster) if mask >> place & 1)
