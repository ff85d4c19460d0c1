"""`centralita flow --test`: conversations of the configuration, run through the real walk without a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from centralita.cli import app
from centralita.flow_command.command import FlowError, try_talks
from config.loader import example
from tests.unit.config.test_lint_flows import GOOD

pytestmark = pytest.mark.unit

BEFORE, _ = GOOD.split("tests:\n")


def told(tmp_path: Path, *talks: str, only: str | None = None, verbose: bool = False) -> tuple[bool, str]:
    """Whether all go as they are written, and what is printed."""
    file = tmp_path / "centro.yaml"
    rows = "".join(f"  - {talk}\n" for talk in talks)
    file.write_text(f"{BEFORE}tests:\n{rows}", encoding="utf-8")
    lines: list[str] = []
    tried = try_talks(file, lines.append, only=only, verbose=verbose)
    return tried.ok, "\n".join(lines)


def test_the_talks_of_the_example_go_as_they_are_written() -> None:
    """Balance and parcel by key and by voice, wrong PINs, a look-up that fails, English: all of them."""
    lines: list[str] = []

    assert try_talks(example(), lines.append).ok, "\n".join(lines)
    assert lines[-1].startswith("7/7")


ENDS = [
    ("says: un técnico", "queue: ventas"),
    ("says: zzz qqq, silence: true, silence: true, silence: true, silence: true", "queue: ventas"),
    ('keys: "1", keys: "0"', "queue: ventas"),
    ('keys: "0"', "queue: ventas"),
    ('keys: "1", keys: "2", keys: "1"', "callback: ventas"),
    ('keys: "1", keys: "2", keys: "3"', 'transfer: "+34910000001"'),
    ("says: mi factura, hangs_up: true", "hang_up: true"),
    ('says: mi factura, keys: "12345678", keys: "1234"', "queue: ventas"),
    ('says: mi factura, keys: "12345678", keys: "1111", keys: "1112", keys: "1113"', "queue: ventas"),
]


@pytest.mark.parametrize(("talk", "ends"), ENDS)
def test_each_way_through_the_flow_ends_where_it_leads(tmp_path: Path, talk: str, ends: str) -> None:
    """By words, by keys, by silence, through proofs and look-ups."""
    given = '{from: "+34600111222", customer: {pin: "1234"}, lookups: {saldo: {saldo: "3.00"}}}'
    ok, text = told(tmp_path, f'{{name: a, entry: "900", given: {given}, talk: [{talk}], ends: {{{ends}}}}}')

    assert ok, text


def test_nobody_reached_leaves_a_message(tmp_path: Path) -> None:
    """`reached: no`: the transfer fails, and the flow goes on to the voicemail."""
    talk = 'given: {mode: keys, reached: no}, talk: [keys: "2", keys: "3", says: Llámenme]'
    ok, text = told(tmp_path, f'{{name: a, entry: "900", {talk}, ends: {{voicemail: ventas}}}}')

    assert ok, text


def test_a_withheld_number_is_promised_nothing(tmp_path: Path) -> None:
    """As in the running centre: nobody could be called back."""
    ok, text = told(
        tmp_path,
        '{name: a, entry: "900", given: {mode: keys}, talk: [keys: "2", keys: "1"], '
        "ends: {callback: ventas}}",
    )

    assert not ok
    assert "acabó en queue: ventas" in text


WRONG = [
    ("hears: pulse", "{queue: ventas}", "se esperaba oír «pulse»; en «motivo» se oyó: que_desea", 0),
    ("says: un técnico", "{hang_up: true}", "debía acabar en hang_up y acabó en queue: ventas", None),
    ("says: un técnico, silence: true", "{queue: ventas}", "la llamada acabó antes (queue: ventas)", 1),
    ("hears: que_desea", "{queue: ventas}", "espera una respuesta en «motivo»", None),
    ('keys: "1", keys: "1", keys: "12345678", says: hola', "{queue: ventas}", "nadie oye lo que se dice", 3),
]


@pytest.mark.parametrize(("talk", "ends", "said", "line"), WRONG)
def test_what_differs_is_shown_with_its_line(
    tmp_path: Path, talk: str, ends: str, said: str, line: int | None
) -> None:
    """What was wanted, what came instead, in both languages, and where in the file."""
    parts = "\n".join(f"      - {part}" for part in talk.split(", "))
    text = f'name: otra cosa\n    entry: "900"\n    talk:\n{parts}\n    ends: {ends}'
    ok, shown = told(tmp_path, text)
    wanted = BEFORE.count("\n") + 4 + (len(talk.split(", ")) if line is None else line) + 1

    assert not ok
    assert shown.splitlines()[0] == "✗ otra cosa"
    assert said in shown
    assert f"centro.yaml:{wanted}: " in shown
    assert shown.splitlines()[-1].startswith("0/1")


def test_secret_digits_are_not_printed(tmp_path: Path) -> None:
    """The talk has the PIN in the file; what is shown of it may be pasted anywhere."""
    _, text = told(
        tmp_path,
        '{name: a, entry: "900", given: {customer: {pin: "7391"}}, '
        'talk: [says: mi factura, keys: "12345678", keys: "7391"], ends: {queue: ventas}}',
        verbose=True,
    )

    assert "••••" in text
    assert "7391" not in text


def test_a_name_chooses_what_is_run(tmp_path: Path) -> None:
    """The very name, else part of one; a name that nothing has is told."""
    talks = [
        f'{{name: {name}, entry: "900", talk: [keys: "0"], ends: {{queue: ventas}}}}'
        for name in ("uno", "unos")
    ]

    assert told(tmp_path, *talks, only="uno")[1].splitlines()[-1].startswith("1/1")
    assert told(tmp_path, *talks, only="UNO")[1].splitlines()[-1].startswith("2/2")
    with pytest.raises(FlowError, match="«uno», «unos»"):
        told(tmp_path, *talks, only="tres")


def test_the_command_fails_when_a_talk_does(tmp_path: Path) -> None:
    """Exit 1, for programs; 0 when all is as written; 2 when it is not said what to do."""
    file = tmp_path / "centro.yaml"
    file.write_text(GOOD, encoding="utf-8")
    runner = CliRunner()

    assert runner.invoke(app, ["flow", str(file), "--test"]).exit_code == 0
    file.write_text(GOOD.replace("ends: {hang_up: true}", "ends: {queue: ventas}"), encoding="utf-8")
    assert runner.invoke(app, ["flow", str(file), "--test"]).exit_code == 1
    assert runner.invoke(app, ["flow", str(file)]).exit_code == 2
    file.write_text(BEFORE, encoding="utf-8")
    assert runner.invoke(app, ["flow", str(file), "--test"]).exit_code == 1


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        ("{}", "hang_up: true"),
        ('{from: "+34600111222"}', "hang_up: true"),
        ('{from: "+34600111222", customer: {casos: 1}}', "queue: ventas"),
        ("{trust: pin}", "queue: ventas"),
    ],
)
def test_trust_is_what_number_and_record_make_it(tmp_path: Path, given: str, ends: str) -> None:
    """None for a withheld number, presented, matched with a record; or as it is written."""
    text = BEFORE.replace("start: motivo", "start: quien", 1).replace(
        "      adios:",
        "      quien: {branch: [{when: call.trust >= matched, to: persona}, "
        "{when: ivr.verified, to: motivo}], otherwise: adios}\n      adios:",
        1,
    )
    file = tmp_path / "centro.yaml"
    talk = f'  - {{name: a, entry: "900", given: {given}, ends: {{{ends}}}}}\n'
    file.write_text(f"{text}tests:\n{talk}", encoding="utf-8")
    lines: list[str] = []

    assert try_talks(file, lines.append).ok, "\n".join(lines)
