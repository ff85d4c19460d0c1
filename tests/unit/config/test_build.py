from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from acd.model import (
    SKILL_OF_LANGUAGE,
    AgentId,
    Clock,
    Exit,
    ExitKind,
    ExitTo,
    Medium,
    NoAnswer,
    PolicyRules,
    Preference,
    QueueId,
    SignIn,
    SiteId,
    SkillId,
    SkillNeed,
    Step,
)
from config import build
from config.loader import Loaded, check_text, example, load
from config.policy import POLICY_DEFAULT
from config.problems import ConfigError
from ivr.flow import Enqueue, Goodbye, Hours, Language, Menu, NodeId, PromptId, Say
from ivr.prompts import Recorded, Spoken
from tests.unit.config.good import FILE, GOOD

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(example())


def test_the_example_centre_loads_without_a_warning(loaded: Loaded) -> None:
    """What `make run` starts is itself beyond reproach, and shows what a company needs."""
    assert loaded.warnings == ()
    assert len(loaded.config.agents) == 12
    assert list(loaded.config.entry) == ["900", "901"]


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_example_serves_every_queue_with_two_agents_at_least(loaded: Loaded, language: str) -> None:
    """One agent at lunch closes no queue in either language: the last step has two who speak it."""
    routing, spoken = build.routing(loaded.config, loaded.version), SkillId(f"lang.{language}")
    for queue in routing.queues.values():
        needs = queue.steps[-1].needs if queue.steps else queue.needs
        able = [
            agent
            for agent in routing.agents.values()
            if all(
                agent.skills.get(spoken if need.skill == SKILL_OF_LANGUAGE else need.skill, 0)
                >= need.at_least
                for need in needs
            )
        ]
        assert len(able) >= 2, queue.id


def test_the_example_works_at_night(loaded: Loaded) -> None:
    """A newcomer at 3 a.m. gets somebody: what is closed leads to a queue that never is."""
    queues = loaded.config.queues
    assert queues["general"].hours is None
    for queue in queues.values():
        if queue.hours is not None:
            assert queue.on is not None
            assert (queue.on.closed.then, queue.on.closed.name) == ("queue", "general")


def test_routing_holds_what_the_engine_needs(loaded: Loaded) -> None:
    """Names, needs and times arrive as the core's own values."""
    routing = build.routing(loaded.config, "v1")
    ventas = routing.queues[QueueId("ventas")]

    assert (routing.version, routing.language) == ("v1", "es")
    assert ventas.needs == (need("ventas", 5), need("lang(language)", 5))
    assert (ventas.ring_ms, ventas.wrap_ms, ventas.failed_rest_ms) == (18_000, 20_000, 30_000)
    assert routing.agents[AgentId("ana")].skills == {
        "ventas": 9, "facturacion": 4, "lang.es": 10, "lang.en": 6,
    }  # fmt: skip
    assert routing.agents[AgentId("ana")].sign_in is SignIn.PHONE


def need(skill: str, at_least: int) -> SkillNeed:
    return SkillNeed(SkillId(skill), at_least)


def test_steps_are_the_needs_of_the_queue_made_more_and_less(loaded: Loaded) -> None:
    """The higher of two needs, then what is relaxed; a queue without steps has none."""
    queues = build.routing(loaded.config, "v1").queues
    spoken = need("lang(language)", 5)

    assert queues[QueueId("ventas")].steps == (
        Step("expertos", 0, (need("ventas", 7), spoken)),
        Step("todos", 20_000, (need("ventas", 5), spoken)),
        Step("ayuda", 60_000, (need("ventas", 3), need("lang(language)", 4))),
    )
    assert queues[QueueId("facturacion")].steps == ()


def test_exits_are_told_by_kind_and_waits_ascend(loaded: Loaded) -> None:
    """What is said, who is alarmed, where to; marks in order of the wait, not of the file."""
    text = example().read_text("utf-8").replace("waited: {5m: ", "waited: {30m: hang_up, 5m: ", 1)
    ventas = build.routing(check_text(text, example()).config, "v1").queues[QueueId("ventas")]

    assert (ventas.full_at, ventas.estimate_limit_ms) == (60, 600_000)
    assert ventas.exits == {
        ExitKind.CLOSED: Exit(ExitTo.QUEUE, "general", ("fuera_de_horario",)),
        ExitKind.FULL: Exit(ExitTo.FLOW, "en_otro_momento"),
        ExitKind.LONG_WAIT: Exit(ExitTo.FLOW, "en_otro_momento"),
        ExitKind.NOBODY_SIGNED_IN: Exit(ExitTo.QUEUE, "general"),
        ExitKind.NOBODY_COULD_EVER: Exit(ExitTo.QUEUE, "general", (), "admin"),
    }
    assert ventas.waited == (
        (300_000, Exit(ExitTo.KEEP_WAITING, "", ("sentimos_espera",))),
        (900_000, Exit(ExitTo.QUEUE, "general", (), "supervisor")),
        (1_800_000, Exit(ExitTo.HANG_UP)),
    )


def test_what_a_queue_promises_reaches_the_engine(loaded: Loaded) -> None:
    """Goal, worth by segment, place back, next tier, longer wrap-up; elsewhere the engine's own values."""
    queues = build.routing(loaded.config, "v1").queues
    sales, support, general = (queues[QueueId(name)] for name in ("ventas", "soporte", "general"))

    assert (sales.target_ms, sales.value, sales.values) == (20_000, 2, {"oro": 4})
    assert (sales.place_back_ms, sales.wrap_extend_ms, sales.keep_free) == (900_000, 0, 0)
    assert (support.escalate_to, support.wrap_extend_ms, support.wrap_extensions_max) == (
        "soporte_experto", 30_000, 1,
    )  # fmt: skip
    assert (general.target_ms, general.value, general.values, general.escalate_to) == (20_000, 1, {}, None)
    assert (general.estimate_limit_ms, general.preference, general.sites) == (None, None, ())


def test_the_place_of_who_is_transferred_reaches_the_engine() -> None:
    """The clock and the head start of each queue; where nothing is said, callers keep their clock."""
    written = GOOD.replace(
        "    hours: oficina\n", "    hours: oficina\n    transferred: {clock: new, head_start: 90s}\n", 1
    )
    queues = build.routing(check_text(written, FILE).config, "v1").queues
    sales, general = queues[QueueId("ventas")], queues[QueueId("general")]

    assert (sales.transferred_clock, sales.transferred_head_start_ms) == (Clock.NEW, 90_000)
    assert (general.transferred_clock, general.transferred_head_start_ms) == (Clock.KEEP, 0)


def test_how_phones_pick_up_reaches_the_switch() -> None:
    """Only those that the switch can make pick up; a browser does it by its page."""
    written = GOOD.replace("ana: {}, eva", "ana: {answer: talk}, mesa: {answer: header}, eva")
    phones = build.phones(check_text(written, FILE).config)

    assert {phone.name: phone.answer for phone in phones} == {
        "ana": "talk", "eva": None, "fijo": None, "mesa": "header",
    }  # fmt: skip


def test_the_step_of_the_preferred_is_no_step_for_the_others(loaded: Loaded) -> None:
    """It becomes the queue's preference, with what a preferred agent must know; the rest stay steps."""
    support = build.routing(loaded.config, "v1").queues[QueueId("soporte")]

    assert support.preference == Preference(15_000, (need("soporte", 5), need("lang(language)", 5)))
    assert [step.id for step in support.steps] == ["expertos", "todos", "ayuda"]
    text = GOOD.replace("- {id: expertos, from: 0s, need", "- {id: suyo, from: 0s, relax: {ventas: 2/10}, "
                        "prefer: prefer, hold_for: 5s}\n      - {id: expertos, from: 0s, need")  # fmt: skip
    other = build.routing(check_text(text, FILE).config, "v1").queues[QueueId("ventas")]
    assert other.preference == Preference(5_000, (need("ventas", 2), need("lang(language)", 5)))
    assert [step.id for step in other.steps] == ["expertos", "todos"]


def test_a_queue_that_only_prefers_has_no_steps() -> None:
    """Its own needs hold for everybody else, for ever."""
    steps = GOOD[GOOD.index("      - {id: expertos") : GOOD.index("    ring:")]
    text = GOOD.replace(steps, "      - {id: suyo, from: 0s, prefer: prefer, hold_for: 5s}\n")
    queue = build.routing(check_text(text, FILE).config, "v1").queues[QueueId("ventas")]

    assert queue.steps == ()
    assert queue.preference is not None and queue.preference.hold_ms == 5_000


def test_agents_and_steps_know_their_sites() -> None:
    """Of a queue, of a step that opens more, and `any`, which is no restriction at all."""
    text = (
        GOOD.replace("sign_in: command", "site: lima, capacity: {chat: 3, voice: 0}, auto_answer: yes")
        .replace("phone: ana,", "phone: ana, site: madrid,")
        .replace("    ring:", "    sites: [madrid]\n    ring:")
        .replace("id: todos, from: 20s,", "id: todos, from: 20s, sites: any,")
        .replace("music: default", "sites: [madrid, lima]")
    )
    routing = build.routing(check_text(text, FILE).config, "v1")
    ana, eva = (routing.agents[AgentId(name)] for name in ("ana", "eva"))
    sales = routing.queues[QueueId("ventas")]

    assert (ana.site, ana.capacity, ana.auto_answer) == ("madrid", {Medium.VOICE: 1}, False)
    assert (eva.site, eva.capacity, eva.auto_answer) == ("lima", {Medium.CHAT: 3}, True)
    assert sales.sites == (SiteId("madrid"),)
    assert [step.sites for step in sales.steps] == [(SiteId("madrid"),), ()]


def test_the_policy_is_told_with_its_settings() -> None:
    """Name, numbers and words as written; unset words are left to the policy."""
    text = GOOD + "routing: {policy: tuned, numbers: {g0: 0.5}, starve: 5m}\n"
    tuned, plain = (build.routing(check_text(one, FILE).config, "v1") for one in (text, GOOD))

    assert (tuned.policy, tuned.starve_ms) == (PolicyRules("tuned", {"g0": 0.5}, {}), 300_000)
    assert (plain.policy, plain.starve_ms) == (PolicyRules(POLICY_DEFAULT, {}, {}), 900_000)


@pytest.mark.parametrize(
    ("words", "became"),
    [
        ("not_ready(comida)", (NoAnswer.NOT_READY, "comida")),
        ("rest(7s)", (NoAnswer.REST, 7_000)),
        ("ready", (NoAnswer.READY, None)),
    ],
)
def test_who_lets_it_ring_becomes_what_is_written(words: str, became: tuple[NoAnswer, object]) -> None:
    """Not ready with its reason, resting for a while, or ready as before."""
    text = example().read_text("utf-8").replace("not_ready(no_answer)", words)
    general = build.routing(check_text(text, example()).config, "v1").queues[QueueId("general")]

    assert general.no_answer is became[0]
    assert became[1] in (general.no_answer_reason, general.no_answer_rest_ms, None)


def test_flows_become_menus(loaded: Loaded) -> None:
    """1 ventas, 2 soporte, 3 facturación, 9 English, 0 a person, who is also the refuge."""
    plan = build.plan(loaded.config)
    flow = plan.flows["principal"]
    menu, support = flow.nodes[NodeId("opciones")], flow.nodes[NodeId("soporte")]

    assert plan.entries == {"900": "principal"}
    assert isinstance(flow.nodes[flow.start], Say)
    assert isinstance(menu, Menu) and isinstance(support, Menu)
    assert [flow.nodes[menu.keys[key]] for key in "1230"] == [
        Enqueue("ventas"), support, Enqueue("facturacion"), Enqueue("general"),
    ]  # fmt: skip
    assert flow.nodes[menu.keys["9"]] == Language("en", NodeId("motivo"))
    assert set(support.keys) == {"0", "1", "2"}
    assert flow.nodes[flow.refuge] == Enqueue("general")
    assert plan.announce_every_ms["ventas"] == 30_000
    assert plan.hours_of_queue == {
        "ventas": "siempre",
        "soporte": "siempre",
        "soporte_experto": "siempre",
        "facturacion": "oficina",
    }


def test_a_flow_that_only_an_exit_leads_to_is_there_and_not_unused(loaded: Loaded) -> None:
    """No number answers with it, yet callers get there."""
    assert "en_otro_momento" in build.plan(loaded.config).flows
    assert loaded.warnings == ()


def test_clock_nodes_are_built(loaded: Loaded) -> None:
    """Both ways, and the refuge is found through the open one."""
    flow = build.flows(check_text(GOOD, FILE).config)["principal"]

    assert flow.nodes[flow.start] == Hours("oficina", NodeId("hola"), NodeId("noche"))
    assert flow.nodes[flow.refuge] == Enqueue("ventas")


def test_phones_know_their_owner(loaded: Loaded) -> None:
    """A phone without an agent rings for the fallback only."""
    text = (
        example()
        .read_text("utf-8")
        .replace("  fran: {}\n", '  fran: {}\n  guardia: {address: "127.0.0.1:6001"}\n')
    )
    phones = {phone.name: phone for phone in build.phones(check_text(text, example()).config)}

    assert (phones["ana"].agent, phones["ana"].address) == ("ana", None)
    assert (phones["guardia"].agent, phones["guardia"].address) == (None, "127.0.0.1:6001")


def test_scripts_prompts_and_fallback_are_mapped(loaded: Loaded, tmp_path: Path) -> None:
    """Files become absolute paths, recordings without extension as Asterisk wants them."""
    (tmp_path / "scripts").mkdir()
    centre = loaded.config
    wordings = build.prompts(centre, loaded.folder)

    assert build.scripts(centre, loaded.folder) == {"901": loaded.folder / "scripts" / "saludo.py"}
    assert wordings[PromptId("tecla_no_valida")]["es"] == Spoken("Esa opción no existe.")
    assert build.fallback(centre) == build.Fallback(60_000, "ana", PromptId("averia"))
    assert build.music_folder(centre, tmp_path) is None


def test_a_recording_is_a_path_without_extension(tmp_path: Path, loaded: Loaded) -> None:
    """`{file: x.wav}` beside the configuration."""
    prompt = loaded.config.prompts["averia"]["es"].model_copy(update={"text": None, "file": "x.wav"})
    centre = loaded.config.model_copy(update={"prompts": {"averia": {"es": prompt}}})

    assert build.prompts(centre, tmp_path) == {"averia": {"es": Recorded(str(tmp_path / "x"))}}


def test_a_flow_without_queue_has_its_goodbye_as_refuge(loaded: Loaded) -> None:
    """An information line ends, it does not queue."""
    text = re.sub(
        r"(?s)\n  principal:.*?\n  en_otro_momento:",
        "\n  principal: {start: a, nodes: {a: {say: averia, next: b}, b: {goodbye: null}}}"
        "\n  en_otro_momento:",
        example().read_text("utf-8"),
    )
    flow = build.flows(check_text(text, example()).config)["principal"]

    assert flow.nodes[flow.refuge] == Goodbye()


def test_the_example_script_is_python_for_pyst2(loaded: Loaded) -> None:
    """Entry 901 is an ordinary AGI script."""
    source = build.scripts(loaded.config, loaded.folder)["901"].read_text("utf-8")
    imports = [node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]

    assert imports == ["asterisk.agi"]


def test_the_examples_ship_in_the_wheel() -> None:
    """The whole package is packed, and nothing in .gitignore keeps the examples out of it."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert "config" in wheel["packages"]
    assert example().is_relative_to(ROOT / "config")
    assert "examples" not in (ROOT / ".gitignore").read_text()


def test_the_documentation_shows_the_real_format() -> None:
    """Every complete YAML sample in docs/config.md loads."""
    samples = re.findall(r"```yaml\n(schema:.*?)```", (ROOT / "docs/config.md").read_text("utf-8"), re.DOTALL)

    assert samples
    for sample in samples:
        assert check_text(sample, example()).version


def test_the_documented_errors_are_what_the_loader_says() -> None:
    """The error samples come from the sample file with five mistakes in it, word for word."""
    page = (ROOT / "docs/config.md").read_text("utf-8")
    sample = re.findall(r"```yaml\n(schema:.*?)```", page, re.DOTALL)[0]
    for good, bad in (
        ("{address:", "{adress:"),
        ('"0": persona', '"8": persona'),
        ("ventas >= 5/10", "vetnas >= 5/10"),
        ("ring: {for: 18s,", "ring: {for: 18,"),
        ("to queue general\n      full", "to queue genral\n      full"),
    ):
        assert good in sample
        sample = sample.replace(good, bad, 1)
    with pytest.raises(ConfigError) as refusal:
        check_text(sample, example())

    said = str(refusal.value).replace(str(example()), "centro.yaml").splitlines()
    assert said == re.findall(r"```text\n(.*?)```", page, re.DOTALL)[0].splitlines()
