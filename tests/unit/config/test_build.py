from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from acd.model import AgentId, QueueId, SignIn, SkillId, SkillNeed
from config import build
from config.loader import Loaded, check_text, example, load
from config.problems import ConfigError
from ivr.flow import Enqueue, Goodbye, Menu, NodeId, PromptId, Say
from ivr.prompts import Recorded, Spoken

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(example())


def test_the_example_centre_loads_without_a_warning(loaded: Loaded) -> None:
    """What `make run` starts is itself beyond reproach."""
    assert loaded.warnings == ()
    assert list(loaded.config.agents) == ["ana", "beto", "carla", "david", "elena", "fran"]


def test_the_example_serves_every_queue_with_two_agents_at_least(loaded: Loaded) -> None:
    """One agent at lunch does not close a queue."""
    routing = build.routing(loaded.config, loaded.version)
    for queue in routing.queues.values():
        able = [
            agent
            for agent in routing.agents.values()
            if all(agent.skills.get(need.skill, 0) >= need.at_least for need in queue.needs)
        ]
        assert len(able) >= 2, queue.id


def test_routing_holds_what_the_engine_needs(loaded: Loaded) -> None:
    """Names, needs and times arrive as the core's own values."""
    routing = build.routing(loaded.config, "v1")
    ventas = routing.queues[QueueId("ventas")]

    assert routing.version == "v1"
    assert ventas.needs == (SkillNeed(SkillId("ventas"), 5),)
    assert (ventas.ring_ms, ventas.wrap_ms, ventas.failed_rest_ms) == (18_000, 20_000, 30_000)
    assert routing.agents[AgentId("ana")].skills == {"ventas": 9, "facturacion": 4}
    assert routing.agents[AgentId("ana")].sign_in is SignIn.PHONE


def test_flows_become_menus(loaded: Loaded) -> None:
    """1 ventas, 2 soporte, 3 facturación, 0 a person, who is also the refuge."""
    plan = build.plan(loaded.config)
    flow = plan.flows[plan.entries["900"]]
    menu = flow.nodes[NodeId("opciones")]

    assert flow.id == plan.entries["900"]
    assert isinstance(flow.nodes[flow.start], Say)
    assert isinstance(menu, Menu)
    assert [flow.nodes[menu.keys[key]] for key in "1230"] == [
        Enqueue("ventas"), Enqueue("soporte"), Enqueue("facturacion"), Enqueue("general"),
    ]  # fmt: skip
    assert flow.nodes[flow.refuge] == Enqueue("general")
    assert plan.announce_every_ms["ventas"] == 30_000


def test_phones_know_their_owner(loaded: Loaded) -> None:
    """A phone without an agent rings for the fallback only."""
    text = (
        example().read_text("utf-8").replace("fran: {}}", 'fran: {}, guardia: {address: "127.0.0.1:6001"}}')
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
        r"(?s)\n  principal:.*?\nqueues:",
        "\n  principal: {start: a, nodes: {a: {say: averia, next: b}, b: {goodbye: null}}}\nqueues:",
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
    """The error samples come from the sample file with four mistakes in it, word for word."""
    page = (ROOT / "docs/config.md").read_text("utf-8")
    sample = re.findall(r"```yaml\n(schema:.*?)```", page, re.DOTALL)[0]
    for good, bad in (
        ("{address:", "{adress:"),
        ('"0": persona', '"8": persona'),
        ("ventas >= 5/10", "vetnas >= 5/10"),
        ("ring: {for: 18s}", "ring: {for: 18}"),
    ):
        assert good in sample
        sample = sample.replace(good, bad, 1)
    with pytest.raises(ConfigError) as refusal:
        check_text(sample, example())

    said = str(refusal.value).replace(str(example()), "centro.yaml").splitlines()
    assert said == re.findall(r"```text\n(.*?)```", page, re.DOTALL)[0].splitlines()
