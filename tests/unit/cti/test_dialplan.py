from __future__ import annotations

import re
from pathlib import Path

import pytest

from cti.asterisk.dialplan import EXTENSIONS, LEG_TABLE, main, render_docs, render_extensions
from cti.asterisk.places import Extension, Step

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
CONF = ROOT / "asterisk-conf"
HOME, GOODBYE = ("cc-caller,in", "again"), ("cc-caller,in", "bye")
CALLERS = [ext for ext in EXTENSIONS if ext.leg == "caller"]
MUSIC = 'ExecIf($["${CC_MUSIC}" != ""]?StartMusicOnHold(${CC_MUSIC}))'
BY_PLACE = {ext.place: ext for ext in EXTENSIONS}

LOADED_WITH = {
    "AGI": "res_agi",
    "Bridge": "",
    "CHANNEL_EXISTS": "func_channel",
    "ConfBridge": "app_confbridge",
    **dict.fromkeys(("Playtones", "StopPlaytones"), "app_playtones"),
    "CALLERID": "func_callerid",
    "CHANNEL": "func_channel",
    "ChannelRedirect": "app_channelredirect",
    "Dial": "app_dial",
    "ExecIf": "app_exec",
    **dict.fromkeys(("GROUP", "GROUP_COUNT"), "func_groupcount"),
    "IF": "func_logic",
    "MIN": "func_math",
    "Playback": "app_playback",
    "RAND": "func_rand",
    "Return": "app_stack",
    "SHARED": "func_global",
    "SoftHangup": "app_softhangup",
    **dict.fromkeys(("StartMusicOnHold", "StopMusicOnHold"), "res_musiconhold"),
    "STRFTIME": "func_strings",
    "URIENCODE": "func_uri",
    **dict.fromkeys(("Answer", "Goto", "GotoIf", "Hangup", "Set", "Wait", "WaitDigit"), ""),
}
"""Application or function -> its module; empty for those inside Asterisk itself."""


def jump(text: str, ext: Extension) -> tuple[str, str]:
    """Place and label that a jump leads to; the label of a first priority is "1"."""
    parts = text.split(",")
    place = ext.place if len(parts) == 1 else f"{parts[0]},{parts[1]}"
    return place, parts[-1]


def targets(step: Step, ext: Extension) -> list[tuple[str, str]]:
    if step.run.startswith("Goto("):
        return [jump(step.run[5:-1], ext)]
    if step.run.startswith("GotoIf("):
        yes, _, no = step.run[7:-1].rpartition("]?")[2].partition(":")
        return [jump(text, ext) for text in (yes, no) if text]
    return []


def number_of(place: str, label: str) -> int:
    """Which step a jump leads to; fails if there is none."""
    steps = BY_PLACE[place].steps
    if label == "1":
        return 0
    (found,) = [number for number, step in enumerate(steps) if step.label == label]
    return found


def following(place: str, number: int) -> list[tuple[str, int]]:
    """Every step that can come after this one, the channel living on."""
    ext = BY_PLACE[place]
    step = ext.steps[number]
    found = [(to, number_of(to, label)) for to, label in targets(step, ext)]
    if not step.run.startswith(("Goto(", "Hangup(", "Return(")):
        assert number + 1 < len(ext.steps), f"{place} runs out after {step.run}: the caller is hung up"
        found.append((place, number + 1))
    return found


def reachable(place: str, number: int) -> set[tuple[str, int]]:
    seen: set[tuple[str, int]] = set()
    todo = [(place, number)]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += following(*here)
    return seen


def test_what_is_deployed_is_what_is_written_here() -> None:
    """The committed dialplan and its page equal the rendering: `make dialplan` was not forgotten."""
    assert (CONF / "extensions.conf").read_text(encoding="utf-8") == render_extensions()
    assert (ROOT / "docs" / "dialplan.md").read_text(encoding="utf-8") == render_docs()


def test_make_dialplan_writes_both_files(tmp_path: Path) -> None:
    """From the tables to the files, below the folder that is named."""
    (tmp_path / "asterisk-conf").mkdir()
    (tmp_path / "docs").mkdir()
    main(tmp_path)

    assert (tmp_path / "asterisk-conf/extensions.conf").read_text(encoding="utf-8") == render_extensions()
    assert (tmp_path / "docs/dialplan.md").read_text(encoding="utf-8") == render_docs()


@pytest.mark.parametrize("ext", EXTENSIONS, ids=lambda ext: ext.place)
def test_every_label_that_is_jumped_to_exists(ext: Extension) -> None:
    """A jump to nowhere hangs the caller up. Labels are unique within their extension."""
    for step in ext.steps:
        for place, label in targets(step, ext):
            assert number_of(place, label) >= 0
    labels = [step.label for step in ext.steps if step.label]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("ext", CALLERS, ids=lambda ext: ext.place)
def test_a_caller_comes_home_or_is_said_goodbye_to(ext: Extension) -> None:
    """Every extension a caller can be sent to ends in the loop, or is the goodbye itself."""
    last = ext.steps[-1]

    assert last.run == "Goto(cc-caller,in,again)" or (ext.place, last.label) == GOODBYE


@pytest.mark.parametrize("ext", CALLERS, ids=lambda ext: ext.place)
def test_from_every_step_of_a_caller_there_is_a_way_home(ext: Extension) -> None:
    """Step by step: nowhere can a caller run out of dialplan or go round without ever meeting the server."""
    home, goodbye = ((place, number_of(place, label)) for place, label in (HOME, GOODBYE))
    for number in range(len(ext.steps)):
        assert {home, goodbye} & reachable(ext.place, number), ext.steps[number].run


def test_only_the_goodbye_hangs_a_caller_up() -> None:
    """No other step of a caller's ends the call."""
    ends = [
        (e.place, s.label) for e in CALLERS for s in e.steps if s.run.startswith(("Hangup", "SoftHangup"))
    ]

    assert ends == [GOODBYE]


def test_music_is_started_on_both_sides_of_the_server_and_after_every_sentence() -> None:
    """A caller hears music unless somebody speaks, or silence is configured: then none is ever started."""
    for ext in CALLERS:
        for number, step in enumerate(ext.steps):
            if re.search(r"^AGI\(|Playback\(", step.run):
                assert ext.steps[number + 1].run == MUSIC, step.run
            if step.run.startswith("AGI("):
                assert ext.steps[number - 1].run == MUSIC
            assert "StartMusicOnHold" not in step.run or step.run == MUSIC


def test_a_waiting_caller_looks_for_the_servers_call_before_each_nap() -> None:
    """Called in during AGI, a sentence or a nap: after one nap, at the latest, the caller is at the door."""
    steps = BY_PLACE["cc-caller,in"].steps
    nap = number_of("cc-caller,in", "nap")

    assert steps[nap - 1].run == 'GotoIf($["${CC_COME}" != ""]?again)'
    assert steps[nap].run == "WaitDigit(${MIN($[${CC_UNTIL} - ${EPOCH}],${CC_NAP})},0123456789*#D)"
    assert steps[nap + 1].run.startswith('GotoIf($["${WAITDIGITSTATUS}${CC_COME}" = "TIMEOUT" & ')
    assert steps[nap + 1].run.endswith("?nap)")
    again, visit = number_of("cc-caller,in", "again"), next(n for n, s in enumerate(steps) if "AGI(" in s.run)
    cleared = [number for number, step in enumerate(steps) if step.run == "Set(CC_COME=)"]
    assert len(cleared) == 1 and again < cleared[0] < visit


def test_nothing_is_played_that_is_not_there() -> None:
    """Playback without a file hangs the caller up (measured): the variable is looked at first."""
    for ext in CALLERS:
        for number, step in enumerate(ext.steps):
            played = re.search(r"Playback\(\$\{(\w+)\}\)", step.run)
            if played is not None:
                asked = step.run if step.run.startswith("ExecIf(") else ext.steps[number - 1].run
                assert f'"${{{played[1]}}}" ' in asked, step.run


def test_a_call_from_the_network_becomes_a_caller_or_is_refused_before_it_is_answered() -> None:
    """Counted first; beyond the limit 503, and never a caller who waits without being counted."""
    runs = [step.run for step in BY_PLACE["cc-trunk,in"].steps]

    assert runs == [
        "Set(GROUP(trunk)=${CC_TRUNK})",
        "GotoIf($[${GROUP_COUNT(${CC_TRUNK}@trunk)} > ${CC_TRUNK_MAX}]?full)",
        "Goto(cc-caller,in,1)",
        "Hangup(34)",
    ]
    assert ("cc-caller,in", 0) in reachable("cc-trunk,in", 0)


def test_whatever_a_phone_dials_outside_is_digits_on_a_trunk_counted_and_under_its_number() -> None:
    """One Dial, behind the check for digits and both limits, and the agent's name is not on it."""
    steps = [step.run for step in BY_PLACE["cc-leave,out"].steps]
    (dial,) = [number for number, run in enumerate(steps) if run.startswith("Dial(")]

    assert steps[dial] == "Dial(PJSIP/${CC_DIAL}@trunk.${CC_TRUNK},120)"
    before = steps[:dial]
    assert before[0] == "GotoIf($[${CC_ODD} != 0]?odd)"
    assert sum("GROUP_COUNT" in run for run in before) == 2
    assert {"Set(CALLERID(num)=${CC_SHOWN})", "Set(CALLERID(name)=)"} <= set(before)
    assert {place for place, _ in reachable("cc-leave,out", 0)} == {"cc-leave,out"}


def test_nobody_dials_an_empty_telephone() -> None:
    """Without a fallback telephone the caller goes straight back to the loop."""
    steps = [step.run for step in BY_PLACE["cc-fallback,s"].steps]
    dial = next(number for number, run in enumerate(steps) if run.startswith("Dial("))

    assert steps[dial - 1] == 'GotoIf($["${CC_FALLBACK_DIAL}" = ""]?home)'


def test_the_h_extension_is_never_used() -> None:
    """It also runs for the shell of a caller whom Bridge() has taken away."""
    assert [ext.place for ext in EXTENSIONS if ext.exten == "h"] == []
    assert re.search(r"exten\s*=>?\s*h\s*,", (CONF / "extensions.conf").read_text(encoding="utf-8")) is None


def test_every_place_in_the_table_exists() -> None:
    """The documentation sends nobody to a place that is not there, and is about legs that run it."""
    for row in LEG_TABLE:
        place, _, label = row.goes_to.partition(" ")
        ext = BY_PLACE[place]
        arrives = row.leg in ("trunk", "phone") and ext.place == "cc-caller,in"
        assert arrives or ext.leg in (row.leg, "handler")
        if label not in ("", "(end)"):
            assert number_of(place, label.strip("()")) >= 0


def test_every_place_is_explained_by_the_table() -> None:
    """No extension without a row that says when a leg gets there."""
    assert {row.goes_to.partition(" ")[0] for row in LEG_TABLE} == set(BY_PLACE)


AGENTS = [ext for ext in EXTENSIONS if ext.leg == "agent"]
SOUNDS = ("Playback(", "StartMusicOnHold(", "MusicOnHold(", "Background(", "SayNumber(")
WITHOUT_END = ("Bridge(", "ConfBridge(")


@pytest.mark.parametrize("ext", AGENTS, ids=lambda ext: ext.place)
def test_no_sound_file_is_played_to_a_leg_that_another_may_take(ext: Extension) -> None:
    """Taken by a Bridge() while it opens a file, Asterisk crashes: tones only, of no file."""
    assert [step.run for step in ext.steps if any(sound in step.run for sound in SOUNDS)] == []


def test_a_leg_alone_hears_something_every_two_seconds_and_looks_around() -> None:
    """In each turn of a loop: a tone, a wait of 3 s at most, and whether caller and server are there."""
    for place, tone_ms in (("cc-agent,alone", 80), ("cc-agent,consulting", 1_500)):
        runs = [step.run for step in BY_PLACE[place].steps]
        assert runs[0] == f"Playtones(!425/{tone_ms})"
        wait_ms = float(runs[1].removeprefix("Wait(").removesuffix(")")) * 1_000
        assert wait_ms - tone_ms < 2_000
        looks = " ".join(runs)
        assert "CHANNEL_EXISTS(${CC_CALLER})" in looks
        assert "${EPOCH} - ${CC_ALIVE} <=" in looks


def test_what_a_leg_comes_back_to_after_a_talk_is_short_or_heard() -> None:
    """Bridge() sends a leg that it took back to the step in which it was: long and silent it may not be."""
    for ext in AGENTS:
        for number, step in enumerate(ext.steps):
            if step.run.startswith("Wait(") and ext.exten != "join":
                seconds = float(step.run[5:-1])
                heard = ext.steps[number - 1].run.startswith("Playtones(")
                assert heard or seconds <= 1, f"{ext.place}: {step.run}"


def test_no_leg_runs_out_of_dialplan() -> None:
    """After a talk or a conference a leg is alone, until it is taken, hung up, or calls its caller."""
    for ext in AGENTS:
        for number, step in enumerate(ext.steps):
            if step.run.startswith(WITHOUT_END):
                assert following(ext.place, number) == [(ext.place, number + 1)]
                assert ext.steps[number + 1].run == "Goto(cc-agent,alone,1)"


def test_who_hangs_up_leaves_nobody_behind() -> None:
    """Whatever becomes a caller of ours has the handler, and that ends both legs of its contact."""
    for place in ("cc-caller,in", "cc-caller,called"):
        runs = [step.run for step in BY_PLACE[place].steps]
        talk = next(n for n, run in enumerate(runs) if run.startswith(("AGI(", "Bridge(")))
        assert "Set(CHANNEL(hangup_handler_push)=cc-gone,s,1)" in runs[:talk]
    gone = " ".join(step.run for step in BY_PLACE["cc-gone,s"].steps)
    assert "SoftHangup(${CC_LEG})" in gone
    assert "SoftHangup(${CC_ASIDE})" in gone


def test_a_customer_whose_agent_has_gone_is_not_kept() -> None:
    """Who picks up for nobody is said goodbye to, and never hears the music of somebody who waits."""
    runs = [step.run for step in BY_PLACE["cc-caller,called"].steps]
    talk = runs.index("Bridge(${CC_LEG})")

    assert runs[talk + 1] == 'GotoIf($["${BRIDGERESULT}" != "SUCCESS"]?cc-caller,in,bye)'


def test_the_conference_is_one_of_few_words() -> None:
    """Its profiles exist, nobody hears a word of it, and the caller goes home when the legs have left."""
    rooms = (CONF / "confbridge.conf").read_text(encoding="utf-8")
    used = {name for ext in EXTENSIONS for step in ext.steps for name in re.findall(r"\bcc_\w+", step.run)}

    assert used == {"cc_room", "cc_leg", "cc_caller"}
    for name in used:
        assert re.search(rf"(?m)^\[{name}\]", rooms), name
    assert "quiet=yes" in rooms
    assert re.search(r"\[cc_leg\]\(cc_person\)\nmarked=yes", rooms)
    assert re.search(r"\[cc_caller\]\(cc_person\)\nend_marked=yes", rooms)


def test_everything_that_is_used_is_loaded() -> None:
    """With autoload=no a forgotten module is an application that does not exist, in the middle of a call."""
    loaded = (CONF / "modules.conf").read_text(encoding="utf-8")
    used = set(re.findall(r"([A-Za-z_]+)\(", " ".join(s.run for ext in EXTENSIONS for s in ext.steps)))
    used -= {"F", "m"}

    for name in used:
        module = LOADED_WITH[name]
        assert not module or f"load={module}.so" in loaded, name


def test_no_line_is_cut_by_the_file_format() -> None:
    """A semicolon begins a comment and a line end ends the step: neither stands inside one."""
    for ext in EXTENSIONS:
        for step in ext.steps:
            assert not re.search(r"[;\r\n]", step.run), step.run
            assert "\n" not in step.why


def test_the_deployed_configuration_holds_no_secret_and_no_address() -> None:
    """What differs from installation to installation comes from cc.d/, which is not in the repository."""
    for file in sorted(CONF.glob("*")):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?im)^\s*(secret|password|md5_cred)\s*=", text), file.name
        assert not re.search(r"\b[0-9a-fA-F]{16,}\b", text), file.name
        assert not re.search(r"\b\d{1,3}(\.\d{1,3}){3}\b", text), file.name
        assert not re.search(r"(?m)^\s*(bind|bindaddr|bindport|port)\s*=", text), file.name


def test_a_caller_in_the_loop_is_sent_to_the_fallback_only_by_count_or_by_time() -> None:
    """Somebody who merely waits is never sent away: the two ways there stand behind a failed visit."""
    runs = [step.run for step in BY_PLACE["cc-caller,in"].steps if "cc-fallback" in step.run]

    assert runs == [
        "GotoIf($[${CC_TRY} > ${CC_TRY_MAX}]?cc-fallback,s,1)",
        "GotoIf($[${EPOCH} - ${CC_ALIVE} > ${CC_FALLBACK_AFTER}]?cc-fallback,s,1)",
    ]
