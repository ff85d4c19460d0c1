from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import load
from config.problems import ConfigError
from config.use import FILES_MAX
from tests.unit.config.good import GOOD

pytestmark = pytest.mark.unit

SECTION = "  hola: {es: Hola., en: Hello.}\n  noche: {es: Cerrado., en: Closed.}\n"


def centre(folder: Path, used: dict[str, str], main: str = GOOD) -> Path:
    """A configuration of several files; returns the main one."""
    names = ", ".join(used)
    for name, text in used.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    file = folder / "centro.yaml"
    file.write_text(main.replace("name: Prueba\n", f"use: [{names}]\nname: Prueba\n"), encoding="utf-8")
    return file


def places(file: Path) -> list[str]:
    """What is wrong, as file:line:column key [code], with the folder left away."""
    with pytest.raises(ConfigError) as refusal:
        load(file)
    return [
        f"{Path(p.file).relative_to(file.parent)}:{p.line}:{p.column} {p.key} [{p.code}]"
        for p in refusal.value.problems
    ]


def test_a_configuration_in_several_files_is_the_same_configuration(tmp_path: Path) -> None:
    """Sections may lie anywhere; the version is that of the content, and every file is told."""
    whole = centre(tmp_path, {})
    version = load(whole).version
    main = GOOD.replace(SECTION, "").replace(
        "  pulse: {es: Pulse uno., en: Press one.}\n", "  pulse: {es: Pulse uno.}\n"
    )
    hours = main[main.index("hours:\n") : main.index("facts:")]
    file = centre(
        tmp_path,
        {
            "calendars/es.yaml": "# Madrid\n" + hours,
            "prompts/es.yaml": "schema: acd/1\nprompts:\n  hola: {es: Hola.}\n  noche: {es: Cerrado.}\n",
            "prompts/en.yaml": (
                "prompts:\n  hola: {en: Hello.}\n  noche: {en: Closed.}\n  pulse: {en: Press one.}\n"
            ),
        },
        main.replace(hours, ""),
    )
    loaded = load(file)

    assert loaded.version == version
    assert [str(path.relative_to(tmp_path)) for path in loaded.files] == [
        "centro.yaml", "calendars/es.yaml", "prompts/es.yaml", "prompts/en.yaml",
    ]  # fmt: skip


def test_lists_go_one_after_the_other(tmp_path: Path) -> None:
    """The rules of the main file first, then those of each file in the order of `use`."""
    rule = "classify:\n  - {{id: {0}, when: history.calls_24h >= 1, set: {{head_start: 5s}}}}\n"
    file = centre(tmp_path, {"b.yaml": rule.format("b"), "a.yml": rule.format("a")})

    assert [rule.id for rule in load(file).config.classify] == ["casos", "b", "a"]


def test_each_mistake_names_its_own_file(tmp_path: Path) -> None:
    """Text, form and references are told with file, line and column, in the order of `use`."""
    file = centre(
        tmp_path,
        {
            "one.yaml": "queues:\n  extra: {need: [vetnas >= 5/10], rnig: {for: 3s}}\n",
            "two.yaml": "prompts:\n  otra: {es: Hola., es: Hola.}\n",
            "three.yaml": "prompts: [\n",
            "four.yaml": "classify:\n  - {id: x, when: nada.nada >= 1, set: {head_start: 5s}}\n",
        },
        GOOD.replace("dial: fijo", "dial: fjio"),
    )
    found = places(file)

    assert found[0] == "centro.yaml:60:30 fallback.dial [unknown-phone]"
    assert "one.yaml:2:18 queues.extra.need[0] [unknown-skill]" in found
    assert "one.yaml:2:35 queues.extra.rnig [unknown-key]" in found
    assert "two.yaml:2:21 prompts.otra.es [duplicate-key]" in found
    assert any(place.startswith("three.yaml:2:1  [yaml]") for place in found)
    assert any(place.startswith("four.yaml:2:19 classify[1].when [rule-") for place in found)
    assert [place.split(":")[0] for place in found] == sorted(
        (place.split(":")[0] for place in found),
        key=["centro.yaml", "one.yaml", "two.yaml", "three.yaml", "four.yaml"].index,
    )


def test_a_name_in_two_files_is_told_with_both_places(tmp_path: Path) -> None:
    """Nobody knows which was meant; of prompts each language is a name of its own."""
    again = "  hola: {en: Hello.}\nphones:\n  ana: {}\n"
    file = centre(tmp_path, {"more.yaml": "prompts:\n" + again})
    with pytest.raises(ConfigError) as refusal:
        load(file)

    assert places(file) == [
        "more.yaml:2:10 prompts.hola.en [duplicate-name]",
        "more.yaml:4:3 phones.ana [duplicate-name]",
    ]
    assert f"«ana» ya está en {file}:9; deje solo uno" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: Otro\n", "more.yaml:1:1 name [use-section]"),
        ("use: [x.yaml]\n", "more.yaml:1:1 use [use-section]"),
        ("fallback: {after: 60s}\n", "more.yaml:1:1 fallback [use-section]"),
        ("quues: {}\n", "more.yaml:1:1 quues [unknown-key]"),
        ("queues: []\n", "more.yaml:1:9 queues [bad-value]"),
        ("classify: {}\n", "more.yaml:1:11 classify [bad-value]"),
        ("schema: acd/2\n", "more.yaml:1:9 schema [bad-value]"),
        ("- a\n", "more.yaml:1:1  [empty]"),
        ("", "more.yaml:1:1  [empty]"),
    ],
)
def test_what_does_not_belong_into_a_used_file_is_refused(tmp_path: Path, text: str, place: str) -> None:
    """Only sections of names and rules; what the centre is called and uses stands in the main file."""
    assert places(centre(tmp_path, {"more.yaml": text})) == [place]


def test_only_files_of_the_folder_are_read(tmp_path: Path) -> None:
    """Nothing outside, also not by a link; nothing twice; nothing that is no YAML file."""
    outside, folder = tmp_path / "outside.yaml", tmp_path / "home"
    outside.write_text("queues: {}\n")
    folder.mkdir()
    (folder / "link.yaml").symlink_to(outside)
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    file = folder / "centro.yaml"
    for name, place in (
        ("../outside.yaml", "centro.yaml:2:7 use[0] [use]"),
        ("link.yaml", "centro.yaml:2:7 use[0] [use]"),
        ("centro.yaml", "centro.yaml:2:7 use[0] [use]"),
        ("a.txt", "centro.yaml:2:7 use[0] [use]"),
        (str(outside), "centro.yaml:2:7 use[0] [bad-value]"),
        ("loop.yaml", "centro.yaml:2:7 use[0] [no-file]"),
        ("none.yaml", "centro.yaml:2:7 use[0] [no-file]"),
    ):
        file.write_text(GOOD.replace("name: Prueba\n", f"use: [{name}]\nname: Prueba\n"))
        assert places(file) == [place], name


def test_the_number_of_files_is_bounded(tmp_path: Path) -> None:
    """More than fifty are refused, and not read."""
    names = {f"f{n}.yaml": f"prompts: {{p{n}: {{es: a, en: b}}}}\n" for n in range(FILES_MAX + 1)}
    file = centre(tmp_path, names)

    assert "centro.yaml:2:6 use [bad-value]" in places(file)
    with pytest.raises(ConfigError) as refusal:
        load(file)
    assert "como máximo 50 elementos" in str(refusal.value)
    assert f"f{FILES_MAX}.yaml" not in str(refusal.value)
