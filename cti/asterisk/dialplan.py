"""
The dialplan as data, and what is generated from it.

`EXTENSIONS` are the places a leg can be sent to; `LEG_TABLE` says which leg
goes where in which state and on which event. `asterisk-conf/extensions.conf`
and `docs/dialplan.md` are written from these two tables by `make dialplan`,
and a test holds them in step.

Two promises are checked on the data by tests:
- every extension a caller can be sent to comes back to `cc-caller,in,again`,
  so a caller is lost by no exception of ours;
- the `h` extension is never used: it also runs for the shell of a caller that
  `Bridge()` has taken away.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cti.asterisk.places import Extension, LegRow, Step
from cti.asterisk.talk_places import TALK_EXTENSIONS, TALK_ROWS

_MUSIC = 'ExecIf($["${CC_MUSIC}" != ""]?StartMusicOnHold(${CC_MUSIC}))'
"""Nothing at all where silence is configured: thousands can wait like that."""

WAKE_KEY = "D"
"""What the server lets a napping caller's channel receive; no telephone has it."""
_PRESSED = '${WAITDIGITSTATUS}" = "DTMF" & "${WAITDIGITRESULT}" != "' + WAKE_KEY
_NOTHING_NEW = (
    '"${WAITDIGITSTATUS}${CC_COME}" = "TIMEOUT" & ${EPOCH} < ${CC_UNTIL} & ${EPOCH} - ${CC_ALIVE} <= 10'
)

_AGI = (
    "AGI(agi://${CC_AGI}/main?n=${CC_NONCE}&entry=${CC_ENTRY}&contact=${CC_CONTACT}"
    "&key=${URIENCODE(${CC_KEY})}&switch=${CC_SWITCH}&back=${CC_BACK}"
    "&trunk=${CC_TRUNK})"
)

EXTENSIONS: tuple[Extension, ...] = (
    Extension(
        "cc-caller",
        "in",
        "caller",
        "A caller's home: the server owns the caller during AGI, the dialplan while waiting.",
        (
            Step("Answer(0,i)", why="without `0,i` Answer waits up to 500 ms for the first RTP"),
            Step("Set(AGIEXITONHANGUP=yes)", why="else a redirect waits until the server closes the socket"),
            Step("Set(CHANNEL(hangup_handler_push)=cc-gone,s,1)"),
            Step("Set(CHANNEL(language)=${CC_LANGUAGE})"),
            Step("Set(CC_TRY=0)"),
            Step(
                "Set(CC_NEXT=)",
                label="again",
                why="set last by the server; unset means that it died or failed",
            ),
            Step("Set(CC_COME=)", why="set by the server to have a waiting caller come; here they are"),
            Step(_MUSIC, why="on both sides of AGI, or the caller hears nothing at all"),
            Step(_AGI),
            Step(_MUSIC),
            Step("Set(CC_KEY=)"),
            Step('GotoIf($["${CC_NEXT}" = "bye"]?bye)'),
            Step('GotoIf($["${CC_NEXT}" = "wait"]?wait)'),
            Step(
                'GotoIf($["${AGISTATUS}" = "FAILURE"]?away)',
                why="nobody listens: the time decides, not the number of tries",
            ),
            Step("Set(CC_TRY=$[${CC_TRY} + 1])"),
            Step("GotoIf($[${CC_TRY} > ${CC_TRY_MAX}]?cc-fallback,s,1)"),
            Step("Goto(pause)"),
            Step("GotoIf($[${EPOCH} - ${CC_ALIVE} > ${CC_FALLBACK_AFTER}]?cc-fallback,s,1)", label="away"),
            Step("Wait(${RAND(1,3)})", label="pause", why="jitter spreads the storm of returning callers"),
            Step("Goto(again)"),
            Step("Set(CC_TRY=0)", label="wait"),
            Step("Set(CC_BACK=)"),
            Step('GotoIf($["${CC_SAY}" = ""]?quiet)'),
            Step("Playback(${CC_SAY})", why="not by AGI: the sentence ends in music even if the server dies"),
            Step(_MUSIC),
            Step("Set(CC_UNTIL=$[${EPOCH} + ${CC_WAIT}])", label="quiet"),
            Step('GotoIf($["${CC_COME}" != ""]?again)', why="the server called during the visit"),
            Step(
                f"WaitDigit(${{MIN($[${{CC_UNTIL}} - ${{EPOCH}}],${{CC_NAP}})}},0123456789*#{WAKE_KEY})",
                label="nap",
                why="the server wakes who is called; a nap is short enough to notice that it is away",
            ),
            Step(
                f"GotoIf($[{_NOTHING_NEW}]?nap)",
                why="one step a nap: thousands wait. No key, no call, no announcement due, the server alive",
            ),
            Step(f'Set(CC_KEY=${{IF($["{_PRESSED}"]?${{WAITDIGITRESULT}})}})'),
            Step("Goto(again)"),
            Step("Hangup()", label="bye"),
        ),
    ),
    Extension(
        "cc-caller",
        "meet",
        "caller",
        "The agent has picked up: into the talk by the caller's own thread, and home afterwards.",
        (
            Step("StopMusicOnHold()"),
            Step("Bridge(${SHARED(CC_TALK)})"),
            Step("Set(CC_TRY=0)"),
            Step("Set(CC_BACK=${EPOCH})", why="who comes home, since when; unlike one just being taken away"),
            Step("Goto(cc-caller,in,again)"),
        ),
    ),
    Extension(
        "cc-caller",
        "called",
        "caller",
        "A customer whom an agent has called picks up: to the agent, then a caller like any other.",
        (
            Step("Set(AGIEXITONHANGUP=yes)"),
            Step("Set(CHANNEL(hangup_handler_push)=cc-gone,s,1)"),
            Step("Set(CHANNEL(language)=${CC_LANGUAGE})"),
            Step("Set(CC_TRY=0)"),
            Step("Bridge(${CC_LEG})"),
            Step(
                'GotoIf($["${BRIDGERESULT}" != "SUCCESS"]?cc-caller,in,bye)',
                why="the agent hung up meanwhile: nobody is left to talk to",
            ),
            Step("Set(CC_BACK=${EPOCH})"),
            Step("Goto(cc-caller,in,again)"),
        ),
    ),
    Extension(
        "cc-caller",
        "confer",
        "caller",
        "Into the conference of the contact; home when the last agent or asked one has left it.",
        (
            Step("StopMusicOnHold()"),
            Step("ConfBridge(${CC_CONTACT},cc_room,cc_caller)"),
            Step("Set(CC_TRY=0)"),
            Step("Set(CC_BACK=${EPOCH})"),
            Step("Goto(cc-caller,in,again)"),
        ),
    ),
    Extension(
        "cc-fallback",
        "s",
        "caller",
        "The server does not answer: a message and a telephone, needing no server; then home again.",
        (
            Step("Set(CC_TRY=0)"),
            Step(
                'ExecIf($["${CC_FALLBACK_SAY}" != ""]?Playback(${CC_FALLBACK_SAY}))',
                why="Playback without a file hangs the caller up",
            ),
            Step(_MUSIC),
            Step('GotoIf($["${CC_FALLBACK_DIAL}" = ""]?home)'),
            Step('Dial(${CC_FALLBACK_DIAL},45,${IF($["${CC_MUSIC}" = ""]?r:m(${CC_MUSIC}))})'),
            Step('GotoIf($["${DIALSTATUS}" = "ANSWER"]?cc-caller,in,bye)', why="served by a person: over"),
            Step(_MUSIC),
            Step("Wait(10)", label="home"),
            Step("Goto(cc-caller,in,again)"),
        ),
    ),
    Extension(
        "cc-gone",
        "s",
        "handler",
        "The caller hung up: silence the bell, free the agent, even while the server is dead.",
        (
            Step('ExecIf($["${CC_LEG}" != ""]?SoftHangup(${CC_LEG}))'),
            Step('ExecIf($["${CC_ASIDE}" != ""]?SoftHangup(${CC_ASIDE}))', why="who is asked, or confers"),
            Step("Return()"),
        ),
    ),
    Extension(
        "cc-trunk",
        "in",
        "trunk",
        "A call from the telephone network to a number of ours: counted, then a caller like any other.",
        (
            Step("Set(GROUP(trunk)=${CC_TRUNK})"),
            Step("GotoIf($[${GROUP_COUNT(${CC_TRUNK}@trunk)} > ${CC_TRUNK_MAX}]?full)"),
            Step("Goto(cc-caller,in,1)"),
            Step("Hangup(34)", label="full", why="503 to the carrier"),
        ),
    ),
    Extension(
        "cc-leave",
        "out",
        "phone",
        "A phone of ours calls an allowed destination.",
        (
            Step("GotoIf($[${CC_ODD} != 0]?odd)", why="something else than digits behind a pattern"),
            Step("Set(GROUP(trunk)=${CC_TRUNK})"),
            Step("Set(GROUP(out)=${CC_TRUNK})"),
            Step("GotoIf($[${GROUP_COUNT(${CC_TRUNK}@trunk)} > ${CC_TRUNK_MAX}]?full)"),
            Step("GotoIf($[${GROUP_COUNT(${CC_TRUNK}@out)} > ${CC_OUT_MAX}]?full)"),
            Step("Set(CALLERID(num)=${CC_SHOWN})"),
            Step("Set(CALLERID(name)=)", why="the agent's is nobody's business out there"),
            Step("Dial(PJSIP/${CC_DIAL}@trunk.${CC_TRUNK},120)"),
            Step("Hangup(${HANGUPCAUSE})"),
            Step("Hangup(34)", label="full", why="503 to the phone"),
            Step("Hangup(1)", label="odd", why="404"),
        ),
    ),
    *TALK_EXTENSIONS,
)

LEG_TABLE: tuple[LegRow, ...] = (
    LegRow(
        "caller", "new", "dials an entry number", "cc-caller,in", "answered; the server takes over by AGI"
    ),
    LegRow(
        "caller",
        "in AGI",
        "server sets CC_NEXT=wait",
        "cc-caller,in (wait)",
        "waits with music, no socket of ours",
    ),
    LegRow("caller", "in AGI", "server sets CC_NEXT=bye", "cc-caller,in (bye)", "said goodbye; hung up"),
    LegRow(
        "caller",
        "in AGI",
        "session ends, CC_NEXT unset",
        "cc-caller,in (again)",
        "we failed: try again, counted",
    ),
    LegRow("caller", "in AGI", "no server listens", "cc-caller,in (away)", "try again every 1-3 s, timed"),
    LegRow(
        "caller", "waiting", "time for an announcement", "cc-caller,in (again)", "position spoken as of now"
    ),
    LegRow("caller", "waiting", "server sets CC_COME", "cc-caller,in (again)", "an exit of the queue is due"),
    LegRow("caller", "waiting", "presses a key", "cc-caller,in (again)", "the key goes to the server"),
    LegRow(
        "caller", "waiting", "server silent for 10 s", "cc-caller,in (again)", "find out whether it lives"
    ),
    LegRow("caller", "trying", "more than CC_TRY_MAX failures", "cc-fallback,s", "message, then a telephone"),
    LegRow(
        "caller", "trying", "server away for CC_FALLBACK_AFTER", "cc-fallback,s", "message, then a telephone"
    ),
    LegRow("caller", "in fallback", "telephone does not answer", "cc-caller,in (again)", "back in the loop"),
    LegRow("caller", "waiting", "agent picks up", "cc-caller,meet", "bridged to the agent"),
    LegRow("caller", "talking", "put on hold", "cc-caller,in (again)", "music, and the server says no word"),
    LegRow("caller", "on hold", "taken back, or handed over", "cc-caller,meet", "bridged to that leg"),
    LegRow("caller", "on hold", "conference", "cc-caller,confer", "all of them talk together"),
    LegRow(
        "caller", "conferring", "the last leg leaves", "cc-caller,in (again)", "goodbye, survey or requeue"
    ),
    LegRow("caller", "called by an agent", "picks up", "cc-caller,called", "bridged to the agent"),
    LegRow("caller", "talking", "agent leaves", "cc-caller,in (again)", "goodbye, survey or requeue"),
    LegRow("caller", "any", "hangs up", "cc-gone,s", "the switch itself hangs its legs up"),
    LegRow("trunk", "new", "a number of `trunks` is called", "cc-trunk,in", "counted against `limits`"),
    LegRow("trunk", "new", "more calls than `limits.calls`", "cc-trunk,in (full)", "503 to the carrier"),
    LegRow("trunk", "new", "within the limits", "cc-caller,in", "answered, like any caller"),
    LegRow("phone", "new", "dials an entry number", "cc-caller,in", "a caller of our own"),
    LegRow("phone", "new", "dials a destination of `allow`", "cc-leave,out", "rings there, caller_id shown"),
    LegRow("phone", "new", "beyond `limits`", "cc-leave,out (full)", "503 to the phone"),
    *TALK_ROWS,
)


def render_extensions() -> str:
    """The text of `asterisk-conf/extensions.conf`."""
    lines = [
        "; Generated from cti/asterisk/dialplan.py by `make dialplan`: edit that, not this.",
        "; Addresses, secrets and the entry numbers come from cc.d/, made per installation.",
        "[globals]",
        '#include "cc.d/extensions_globals.conf"',
        "",
        "; [cc-entries], [from-phones], [from-callers]",
        '#include "cc.d/extensions_entries.conf"',
        "",
        "; for each trunk the numbers called and the destinations allowed; [cc-out]",
        '#include "cc.d/extensions_trunks.conf"',
    ]
    context = ""
    for ext in EXTENSIONS:
        if ext.context != context:
            context = ext.context
            lines += ["", f"[{context}]"]
        lines.append(f"; {ext.purpose}")
        for number, step in enumerate(ext.steps):
            head = f"exten => {ext.exten},1" if number == 0 else " same => n"
            label = f"({step.label})" if step.label else ""
            why = f"  ; {step.why}" if step.why else ""
            lines.append(f"{head}{label},{step.run}{why}")
    return "\n".join(lines) + "\n"


def render_docs() -> str:
    """The text of `docs/dialplan.md`."""
    lines = [
        "# Dialplan: qué tramo va adónde / which leg goes where",
        "",
        "Generado por `make dialplan` desde `cti/asterisk/dialplan.py`. Generated; do not edit.",
        "",
        "| leg | state | event | goes to | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {r.leg} | {r.state} | {r.event} | `{r.goes_to}` | {r.means} |" for r in LEG_TABLE]
    lines += ["", "## Extensions", ""]
    lines += [f"- `{e.place}` ({e.leg}): {e.purpose}" for e in EXTENSIONS]
    return "\n".join(lines) + "\n"


def main(root: Path) -> None:
    """Write both files below `root`, the checkout."""
    (root / "asterisk-conf" / "extensions.conf").write_text(render_extensions(), encoding="utf-8")
    (root / "docs" / "dialplan.md").write_text(render_docs(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
