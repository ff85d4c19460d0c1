"""From a checked configuration to the values that the rooms below work with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from acd.model import (
    AgentId,
    AgentRules,
    Clock,
    Exit,
    ExitKind,
    ExitTo,
    Medium,
    NoAnswer,
    PolicyRules,
    Preference,
    QueueId,
    QueueRules,
    Routing,
    SignIn,
    SiteId,
    SkillId,
    SkillNeed,
    Step,
)
from config import queues, schema, telephones
from config.build_flows import flows
from config.build_services import (
    callback_sites,
    intents,
    lookups,
    speech,
    survey_of,
    surveys,
)
from config.policy import RoutingChoice
from config.schema import Centre
from config.steps import Asked, asked, named, preferred
from ivr.flow import PromptId
from ivr.prompts import Recorded, Spoken, Wording
from ivr.session import Plan

__all__ = [
    "Fallback",
    "Phone",
    "callback_sites",
    "fallback",
    "flows",
    "intents",
    "lookups",
    "music_folder",
    "phones",
    "plan",
    "policy",
    "prompts",
    "routing",
    "scripts",
    "speech",
    "surveys",
]


@dataclass(frozen=True, slots=True)
class Phone:
    """A SIP phone of the centre."""

    name: str
    address: str | None
    """`host:port`, or None for one that registers."""
    agent: AgentId | None
    """Whose it is; None for one that only the fallback rings."""
    answer: str | None = None
    """How the switch makes it pick up: "talk" or "header"; None: it cannot."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """What the switch does without us."""

    after_ms: int
    dial: str | None
    say: PromptId | None


def routing(centre: Centre, version: str) -> Routing:
    """What the engine routes by."""
    return Routing(
        version=version,
        queues={QueueId(name): _queue(name, queue) for name, queue in centre.queues.items()},
        agents={AgentId(name): _agent(name, agent) for name, agent in centre.agents.items()},
        language=centre.languages[0],
        policy=policy(centre.routing),
        starve_ms=centre.routing.starve,
    )


def policy(chosen: RoutingChoice) -> PolicyRules:
    """Which policy routes, with its settings."""
    words = {} if chosen.pick is None else {"pick": chosen.pick}
    return PolicyRules(chosen.policy, dict(chosen.numbers), words)


def scripts(centre: Centre, folder: Path) -> dict[str, Path]:
    """Dialled number -> AGI script."""
    return {
        number: folder / "scripts" / entry.script
        for number, entry in centre.entry.items()
        if entry.script is not None
    }


def plan(centre: Centre) -> Plan:
    """What callers' visits need: flows, the numbers that lead to them, and what queues say and when."""
    heard = speech(centre)
    return Plan(
        flows=flows(centre),
        entries={number: entry.flow for number, entry in centre.entry.items() if entry.flow is not None},
        hours_of_queue={
            name: queue.hours for name, queue in centre.queues.items() if queue.hours is not None
        },
        announce_every_ms={name: queue.announce_every for name, queue in centre.queues.items()},
        survey_of=survey_of(centre),
        limits=heard.limits,
        first=heard.first,
    )


def phones(centre: Centre) -> tuple[Phone, ...]:
    """Every phone, by name."""
    owners = {agent.phone: AgentId(name) for name, agent in centre.agents.items()}
    return tuple(
        Phone(name, phone.address, owners.get(name), _picks_up(phone))
        for name, phone in sorted(centre.phones.items())
    )


def _picks_up(phone: telephones.Phone) -> str | None:
    return None if phone.kind == "browser" or phone.answer == "by_hand" else phone.answer


def prompts(centre: Centre, folder: Path) -> dict[PromptId, Mapping[str, Wording]]:
    """What is said, by prompt and language; recordings as absolute paths without extension."""
    return {
        PromptId(name): {lang: _wording(wording, folder) for lang, wording in wordings.items()}
        for name, wordings in centre.prompts.items()
    }


def fallback(centre: Centre) -> Fallback:
    said = centre.fallback.say
    return Fallback(centre.fallback.after, centre.fallback.dial, None if said is None else PromptId(said))


def music_folder(centre: Centre, folder: Path) -> Path | None:
    """Where the hold music is; None for the one that comes with us."""
    return None if centre.music.folder is None else (folder / centre.music.folder).resolve()


def _queue(name: str, queue: queues.Queue) -> QueueRules:
    on, wrap, not_answered = queue.on, queue.wrap, queue.ring.then
    return QueueRules(
        id=QueueId(name),
        needs=tuple(SkillNeed(SkillId(need.skill), need.at_least) for need in queue.need),
        ring_ms=queue.ring.for_ms,
        wrap_ms=wrap.for_ms,
        announce_every_ms=queue.announce_every,
        busy_rest_ms=queue.rest.busy,
        decline_rest_ms=queue.rest.declined,
        failed_rest_ms=queue.rest.failed,
        short_abandon_ms=queue.short_abandon,
        steps=_steps(queue),
        full_at=None if on is None else on.full.limit,
        exits={} if on is None else _exits(on),
        waited=() if on is None else tuple((ms, _exit(way)) for ms, way in sorted(on.waited.items())),
        estimate_limit_ms=None if on is None or on.long_wait is None else on.long_wait.limit,
        no_answer=NoAnswer(not_answered.then),
        no_answer_reason=not_answered.reason,
        no_answer_rest_ms=not_answered.rest_ms,
        sites=_sites(named(queue.sites)),
        preference=_preference(queue),
        target_ms=queue.goal.answer,
        value=queue.value,
        values=dict(queue.values),
        keep_free=queue.keep_free,
        place_back_ms=queue.place_back,
        wrap_extend_ms=wrap.extend_by if wrap.extend else 0,
        wrap_extensions_max=wrap.extend or 1,
        escalate_to=None if queue.escalate is None else QueueId(queue.escalate),
        transferred_clock=Clock(queue.transferred.clock),
        transferred_head_start_ms=queue.transferred.head_start,
    )


def _steps(queue: queues.Queue) -> tuple[Step, ...]:
    """None where nothing ever changes."""
    found = asked(queue)
    if len(found) == 1 and not found[0].step:
        return ()
    return tuple(Step(one.step, one.from_ms, _needs(one), _sites(one.sites)) for one in found)


def _preference(queue: queues.Queue) -> Preference | None:
    match preferred(queue):
        case None:
            return None
        case hold_ms, step:
            return Preference(hold_ms, _needs(step))


def _needs(step: Asked) -> tuple[SkillNeed, ...]:
    return tuple(SkillNeed(SkillId(skill), level) for skill, level in step.needs.items())


def _sites(names: tuple[str, ...]) -> tuple[SiteId, ...]:
    return tuple(SiteId(name) for name in names)


def _exits(on: queues.Exits) -> dict[ExitKind, Exit]:
    exits = {
        ExitKind.CLOSED: _exit(on.closed),
        ExitKind.FULL: _exit(on.full.to),
        ExitKind.NOBODY_SIGNED_IN: _exit(on.nobody_signed_in),
        ExitKind.NOBODY_COULD_EVER: _exit(on.nobody_could_ever),
    }
    return exits if on.long_wait is None else exits | {ExitKind.LONG_WAIT: _exit(on.long_wait.to)}


def _exit(way: queues.Exit) -> Exit:
    return Exit(ExitTo(way.then), way.name or "", tuple(way.say), way.alarm or "")


def _agent(name: str, agent: schema.Agent) -> AgentRules:
    return AgentRules(
        id=AgentId(name),
        skills={SkillId(skill): level for skill, level in agent.skills.items() if level > 0},
        sign_in=SignIn(agent.sign_in),
        site=SiteId(agent.site or ""),
        capacity=_capacity(agent),
        auto_answer=agent.auto_answer,
    )


def _capacity(agent: schema.Agent) -> dict[Medium, int]:
    """Without what is 0: a medium that is missing is never offered."""
    at_a_time = agent.capacity
    counts = {Medium.VOICE: at_a_time.voice, Medium.CHAT: at_a_time.chat, Medium.TASK: at_a_time.task}
    return {medium: count for medium, count in counts.items() if count}


def _wording(wording: schema.Utterance, folder: Path) -> Wording:
    if wording.file is not None:
        return Recorded(str((folder / wording.file).resolve().with_suffix("")))
    return Spoken(wording.text or "")
