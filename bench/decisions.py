"""
What a decision costs: a contact arrives, an agent becomes free, in a centre of 10,000 agents.

200 skills, 6 to 10 of them and one or two languages for each agent, over 1,000 different kinds
of contact, each contact with a preferred agent, exits for when nobody is there in every queue,
nobody or 50,000 waiting. Talks last four minutes in the mean, so that what is learned of paces
is what a centre learns: two thirds of the agents talk, one in four callers gives up. Measured is
`Engine.handle` as a whole, explanation included, for the input that holds the decision. Prints
microseconds of CPU, as others use the machine too, and, because machines differ, the ratio to
a calibration loop. Run: python -m bench.decisions [--agents 1000 10000] [--policy fair smart]
"""

from __future__ import annotations

import argparse
import gc
import heapq
import random
from collections.abc import Callable, Sequence
from time import thread_time_ns

from acd import events as ev
from acd.commands import OfferContact
from acd.engine import Decision, Engine
from acd.model import (
    SKILL_OF_LANGUAGE,
    Activity,
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Exit,
    ExitKind,
    ExitTo,
    PolicyRules,
    Preference,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SkillId,
    SkillNeed,
    Step,
)
from bench.figures import machine, percentile

SKILLS, WAITING, QUEUES = 200, 50_000, 250
LANGUAGES = ("es", "en", "ca", "fr")
CHANNEL = Channel("bench", "")
START_MS = 1_000_000
TALK_MS, BETWEEN_MS = 240_000, 370_000
"""Mean of a talk; by so many agents, from one timed input to the next: two thirds of them talk."""
NOBODY = {
    ExitKind.NOBODY_SIGNED_IN: Exit(ExitTo.HANG_UP, say=("nadie",)),
    ExitKind.NOBODY_COULD_EVER: Exit(ExitTo.HANG_UP, say=("nadie",), alarm="admin"),
}
"""As a real configuration has them in every queue."""
POLICIES = {
    "fair": PolicyRules("fair"),
    "smart": PolicyRules("smart"),
    "tuned": PolicyRules("tuned", {f"scarcity.s{n}": n / 100 for n in range(0, SKILLS, 5)}),
}


def centre(agents: int, policy: PolicyRules, seed: int = 4) -> Routing:
    """A configuration of that size; every queue asks for one skill or two, and for the language."""
    draw = random.Random(seed)
    queues = {}
    for number in range(QUEUES):
        first, second = draw.sample(range(SKILLS), 2)
        needs = [
            SkillNeed(SkillId(f"s{number % SKILLS}"), draw.randint(2, 8)),
            SkillNeed(SKILL_OF_LANGUAGE, 3),
        ]
        if number >= SKILLS:
            needs.append(SkillNeed(SkillId(f"s{second if first == number else first}"), 1))
        queue = QueueId(f"q{number}")
        wide = (replace_level(needs[0], 1), *needs[1:])
        queues[queue] = QueueRules(
            queue,
            steps=(Step("fuerte", 0, tuple(needs)), Step("amplio", 36_000_000, wide)),
            wrap_ms=10_000,
            preference=Preference(10_000),
            exits=NOBODY,
        )
    people = [_agent(number, draw) for number in range(agents)]
    return Routing(
        "bench", queues, {rules.id: rules for rules in people}, policy=policy, starve_ms=72_000_000
    )


def replace_level(need: SkillNeed, at_least: int) -> SkillNeed:
    return SkillNeed(need.skill, at_least)


def _agent(number: int, draw: random.Random) -> AgentRules:
    skills = {SkillId(f"s{n}"): draw.randint(1, 10) for n in draw.sample(range(SKILLS), draw.randint(6, 10))}
    for language in draw.sample(LANGUAGES, draw.randint(1, 2)):
        skills[SkillId(f"lang.{language}")] = draw.randint(3, 10)
    return AgentRules(AgentId(f"a{number:05d}"), skills)


class Centre:
    """An engine with everybody ready, and callers at random."""

    def __init__(self, agents: int, policy: PolicyRules) -> None:
        self.draw = random.Random(9)
        self.routing = centre(agents, policy)
        self.engine = Engine()
        self.now_ms = START_MS
        self.number = 0
        self.step_ms = BETWEEN_MS // agents
        self.talks: list[tuple[int, ContactId]] = []
        self.take(ev.ConfigPublished(self.routing))
        self.names = list(self.routing.agents)
        for name in self.names:
            self.take(ev.PhoneReachable(name, True))

    def take(self, event: ev.Event) -> Decision:
        return self.engine.handle(event, self.now_ms)

    def pass_time(self) -> None:
        """Until the next input that is timed; talks and wrap-ups that are over end, untimed."""
        until_ms = self.now_ms + self.step_ms
        while self.talks and self.talks[0][0] <= until_ms:
            self.now_ms, contact = heapq.heappop(self.talks)
            self.serve(self.take(ev.ContactGone(contact)))
        self.now_ms = until_ms
        self.serve(self.take(ev.TimePassed()))

    def serve(self, decision: Decision) -> None:
        """Pick up at once, untimed."""
        for command in decision.commands:
            assert isinstance(command, OfferContact)
            self.take(ev.OfferAccepted(command.offer_id))
            lasts_ms = round(self.draw.expovariate(1 / TALK_MS))
            heapq.heappush(self.talks, (self.now_ms + lasts_ms, command.contact_id))

    def prepare(self) -> ev.ContactEnqueued:
        """A caller up to the door of a queue; segments and languages make the sets of needs many."""
        self.number += 1
        contact = ContactId(f"c{self.number:07d}")
        draw = self.draw
        self.take(ev.ContactStarted(contact, CHANNEL, "900"))
        language = draw.choice(LANGUAGES)
        wants = (self.names[draw.randrange(len(self.names))],)
        self.take(ev.ContactClassified(contact, language, draw.choice(("", "oro")), 0, (), wants))
        return ev.ContactEnqueued(contact, QueueId(f"q{draw.randrange(QUEUES)}"))

    def give_up(self) -> None:
        """Somebody who waits hangs up."""
        queue = self.draw.choice(list(self.engine.state.lines))
        line = self.engine.state.lines[queue]
        self.take(ev.ContactGone(line[self.draw.randrange(len(line))][1]))

    def know_all_kinds(self) -> None:
        """Groups and prices are reckoned once for a configuration: before anything is timed."""
        for queue in self.routing.queues:
            for language in LANGUAGES:
                for segment in ("", "oro"):
                    self.pass_time()
                    self.number += 1
                    contact = ContactId(f"w{self.number:07d}")
                    self.take(ev.ContactStarted(contact, CHANNEL, "900"))
                    self.take(ev.ContactClassified(contact, language, segment, 0, ()))
                    decision = self.take(ev.ContactEnqueued(contact, queue))
                    self.serve(decision)
                    if not decision.commands:
                        self.take(ev.ContactGone(contact))

    def fill(self, waiting: int) -> None:
        """Nobody is ready, so many wait, their holds are over."""
        for name in self.names:
            self.take(ev.PresenceSet(name, Presence.NOT_READY))
        for _ in range(waiting):
            self.now_ms += 1
            self.take(self.prepare())
        self.now_ms += 11_000
        self.take(ev.TimePassed())


def arrives(centre: Centre, times: int) -> list[float]:
    """With a third of the agents free: each newcomer is offered."""
    took = []
    for _ in range(times):
        centre.pass_time()
        event = centre.prepare()
        began = thread_time_ns()
        decision = centre.engine.handle(event, centre.now_ms)
        took.append((thread_time_ns() - began) / 1000)
        centre.serve(decision)
        if not decision.commands:
            centre.take(ev.ContactGone(event.contact_id))
    return took


def frees(centre: Centre, times: int) -> list[float]:
    """An agent comes back to a full house: the most urgent is offered; as many come as go."""
    took = []
    agents, draw = centre.engine.state.agents, centre.draw
    for number in range(times):
        centre.pass_time()
        centre.take(centre.prepare())
        if number % 4 == 0:
            centre.take(centre.prepare())
            centre.give_up()
        name = draw.choice(centre.names)
        while agents[name].activity is not Activity.IDLE:
            name = draw.choice(centre.names)
        began = thread_time_ns()
        decision = centre.engine.handle(ev.PresenceSet(name, Presence.READY), centre.now_ms)
        took.append((thread_time_ns() - began) / 1000)
        centre.take(ev.PresenceSet(name, Presence.NOT_READY))
        centre.serve(decision)
    return took


def busy_arrival(centre: Centre, times: int) -> list[float]:
    """A newcomer to a full house: stands, nobody is free."""
    took = []
    for _ in range(times):
        centre.pass_time()
        event = centre.prepare()
        began = thread_time_ns()
        centre.engine.handle(event, centre.now_ms)
        took.append((thread_time_ns() - began) / 1000)
        centre.take(ev.ContactGone(event.contact_id))
    return took


def calibration() -> float:
    """Microseconds for ten look-ups by hand, the best of several: the unit of ratios."""
    table = {f"k{n}": n for n in range(64)}
    best = float("inf")
    for _ in range(9):
        began = thread_time_ns()
        total = 0
        for n in range(1_000):
            if table[f"k{n & 63}"] >= 32:
                total += 1
        best = min(best, (thread_time_ns() - began) / 1000)
    return best / 100


def measured(policy: str, agents: int, waiting: int, times: int) -> list[tuple[str, list[float]]]:
    made = Centre(agents, POLICIES[policy])
    looks: list[tuple[str, Callable[[Centre, int], list[float]]]]
    if waiting:
        made.fill(waiting)
        groups = sum(len(group) > 0 for group in made.engine.state.index.groups.values())
        assert groups >= 1_000, groups
        looks = [("contact arrives, nobody free", busy_arrival), ("agent frees", frees)]
    else:
        looks = [("contact arrives, all free", arrives)]
    found = []
    for name, look in looks:
        made.know_all_kinds()
        look(made, max(200, times // 4))
        gc.collect()
        gc.freeze()
        gc.disable()
        found.append((name, look(made, times)))
        gc.enable()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="cost of a decision")
    parser.add_argument("--agents", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--policy", nargs="*", default=list(POLICIES))
    parser.add_argument("--waiting", type=int, default=WAITING)
    parser.add_argument("--times", type=int, default=10_000)
    given = parser.parse_args(arguments)
    unit = calibration()
    print(f"{machine()}; calibration {unit:.2f} us (10 formatted look-ups)")
    print(
        f"{'policy':8}{'agents':>8}{'waiting':>9}  {'microseconds of CPU':30}"
        f"{'mean':>8}{'p50':>8}{'p99':>8}{'max':>8}{'ratio':>8}"
    )
    for policy in given.policy:
        means: dict[int, float] = {}
        for agents in given.agents:
            cycle = []
            for waiting in (0, given.waiting):
                for name, took in measured(policy, agents, waiting, given.times):
                    mean = sum(took) / len(took)
                    cycle.append(mean)
                    cells = (mean, percentile(took, 0.5), percentile(took, 0.99), max(took), mean / unit)
                    row = "".join(f"{cell:>8.1f}" for cell in cells)
                    print(f"{policy:8}{agents:>8}{waiting:>9}  {name:30}{row}", flush=True)
            means[agents] = sum(cycle) / len(cycle)
            print(f"{policy:8}{agents:>8}{'':9}  {'cycle (mean of the rows)':30}{means[agents]:>8.1f}")
        sizes = sorted(means)
        print(
            f"{policy:8} growth from {sizes[0]} to {sizes[-1]} agents:"
            f" {means[sizes[-1]] / means[sizes[0]]:.2f}"
        )


if __name__ == "__main__":
    main()
