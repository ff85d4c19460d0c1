"""
The places of legs that we ring: agents' phones, and people outside who are asked or handed a caller.

No sound file is played in any of them. `Bridge()` in the thread of whoever talks to a leg
takes the leg out of its own thread, and Asterisk crashes if that is just opening a file;
tones are made on the fly and end with the first audio of the talk.

After a talk a leg that was taken begins the step anew in which it was taken: a `Wait` that
has nothing to hear in it has to be short.

Nobody stays here for good: each turn of a loop asks whether the caller is still there,
and whether the server is. A leg whose server is away calls its caller back into a talk.
"""

from __future__ import annotations

from cti.asterisk.places import Extension, LegRow, Step

AWAY_S = 20
"""A server that has not been heard of for so long is not coming back in time for a caller on hold."""
_ALIVE = f"$[${{EPOCH}} - ${{CC_ALIVE}} <= {AWAY_S}]"
_NO_CALLER = "$[${CHANNEL_EXISTS(${CC_CALLER})} = 0]"
_NOT_FOUND = '$["${CHANNELREDIRECT_STATUS}" != "SUCCESS"]'
_TAKEN = "the other's Bridge takes the leg from here"

TALK_EXTENSIONS: tuple[Extension, ...] = (
    Extension(
        "cc-agent",
        "join",
        "agent",
        "Somebody has picked up for a caller: the caller is called to the talk; afterwards the leg ends.",
        (
            Step(
                "Set(CC_UP=${STRFTIME(,,%s%3q)})",
                why="in ms: a server that was away counts the talk from here",
            ),
            Step("Set(SHARED(CC_TALK,${CC_CALLER})=${CHANNEL(name)})"),
            Step(
                "ChannelRedirect(${CC_CALLER},cc-caller,meet,1)",
                why="not Bridge(): it would close a sound that the caller's thread is just opening, a crash",
            ),
            Step(f"GotoIf({_NOT_FOUND}?gone)"),
            Step("Wait(10)", why=_TAKEN),
            Step("Hangup()", label="gone"),
        ),
    ),
    Extension(
        "cc-agent",
        "alone",
        "agent",
        "The caller is on hold: a soft tone every 1.4 s. With the server away, back to the caller.",
        (
            Step(
                "Playtones(!425/80)", label="stay", why="once a turn, or a leg back from a talk is in silence"
            ),
            Step("Wait(1.4)", why="whoever talks to the leg takes it from here"),
            Step(f"GotoIf({_NO_CALLER}?over)"),
            Step(f"GotoIf({_ALIVE}?stay)"),
            Step("Set(SHARED(CC_TALK,${CC_CALLER})=${CHANNEL(name)})"),
            Step("ChannelRedirect(${CC_CALLER},cc-caller,meet,1)"),
            Step("Wait(1)", why=_TAKEN),
            Step("Goto(stay)"),
            Step("Hangup()", label="over"),
        ),
    ),
    Extension(
        "cc-agent",
        "consulting",
        "agent",
        "Somebody is being rung for this leg, a colleague or a customer: it hears the bell.",
        (
            Step("Playtones(!425/1500)", label="ring"),
            Step("Wait(3)", why="whoever picks up takes the leg from here, or calls it"),
            Step('GotoIf($["${CC_CALLER}" != ""]?asks)', why="empty: no customer has been called yet"),
            Step(f"GotoIf({_ALIVE}?ring)"),
            Step("Hangup()", label="over"),
            Step(f"GotoIf({_NO_CALLER}?over)", label="asks"),
            Step(f"GotoIf({_ALIVE}?ring)"),
            Step("Goto(cc-agent,alone,1)"),
        ),
    ),
    Extension(
        "cc-agent",
        "asked",
        "agent",
        "Who is asked has picked up: calls who asks to the talk, then waits to be taken.",
        (
            Step("Set(SHARED(CC_TALK,${CC_BY})=${CHANNEL(name)})"),
            Step("ChannelRedirect(${CC_BY},cc-agent,meet,1)"),
            Step(f"GotoIf({_NOT_FOUND}?cc-agent,alone,1)"),
            Step("Wait(0.5)", why=f"{_TAKEN}, and it comes back to it: short, as it is silent"),
            Step("Goto(cc-agent,alone,1)"),
        ),
    ),
    Extension(
        "cc-agent",
        "meet",
        "agent",
        "Who is asked has picked up: into the talk by the asking leg's own thread, and alone afterwards.",
        (
            Step("StopPlaytones()"),
            Step("Bridge(${SHARED(CC_TALK)})"),
            Step("Goto(cc-agent,alone,1)"),
        ),
    ),
    Extension(
        "cc-agent",
        "confer",
        "agent",
        "Into the conference of the contact; the caller's stay ends with the last of these.",
        (
            Step("StopPlaytones()"),
            Step("ConfBridge(${CC_CONTACT},cc_room,cc_leg)"),
            Step("Goto(cc-agent,alone,1)"),
        ),
    ),
)

TALK_ROWS: tuple[LegRow, ...] = (
    LegRow("agent", "ringing", "picks up", "cc-agent,join", "calls the caller to the talk"),
    LegRow("agent", "talking", "caller leaves", "cc-agent,join (end)", "the leg ends; wrap-up begins"),
    LegRow(
        "agent", "talking", "puts the caller on hold", "cc-agent,alone", "a soft tone; the caller goes home"
    ),
    LegRow(
        "agent", "on hold", "takes the caller back", "cc-agent,alone", "the caller's Bridge takes the leg"
    ),
    LegRow("agent", "on hold", "server away for 20 s", "cc-agent,alone", "calls the caller back to the talk"),
    LegRow("agent", "on hold", "caller hangs up", "cc-agent,alone (over)", "the leg ends"),
    LegRow("agent", "on hold", "asks somebody", "cc-agent,consulting", "hears the bell"),
    LegRow("agent", "ringing", "picks up, being asked", "cc-agent,asked", "calls who asks to the talk"),
    LegRow(
        "agent", "consulting", "who is asked picks up", "cc-agent,meet", "the two talk, the caller on hold"
    ),
    LegRow(
        "agent", "consulting", "who is asked leaves", "cc-agent,alone", "until it is back with the caller"
    ),
    LegRow("agent", "asked", "who asked leaves", "cc-agent,alone", "until the caller's Bridge takes the leg"),
    LegRow("agent", "consulting", "conference", "cc-agent,confer", "all of them talk together"),
    LegRow("agent", "ringing", "picks up, to call a customer", "cc-agent,consulting", "hears the bell"),
)
