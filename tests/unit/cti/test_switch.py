from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from acd import events as ev
from acd.commands import CallIn, EndLeg, OfferContact, WithdrawOffer
from acd.model import AgentId, Channel, ContactId, EndedBy, OfferEnd, OfferId, OfferKind
from centralita.tasks import spawn
from cti.asterisk import bells as bells_module
from cti.asterisk import switch as switch_module
from cti.asterisk.instance import Changes
from cti.asterisk.ports import Engine, Manager
from cti.asterisk.switch import AsteriskSwitch
from tests.support.fake_ami import Action, FakeAmi, FakeSession, block, until

pytestmark = pytest.mark.unit

C1, C2, O1, ANA = ContactId("c1"), ContactId("c2"), OfferId("c1-o1"), AgentId("ana")
CALLER = "PJSIP/llamantes-00000001"
OFFER = OfferContact(O1, C1, ANA, 15_000)


def channel(uniqueid: str, name: str, **more: str) -> bytes:
    """One line of CoreShowChannels and of Status; `contact` becomes the channel variable."""
    contact = more.pop("contact", "")
    pairs = [("Event", "CoreShowChannel"), ("ActionID", "{id}"), ("Channel", name), ("Uniqueid", uniqueid)]
    pairs += list(more.items())
    if contact:
        pairs += [("Variable", f"CC_CONTACT={contact}"), ("Variable", "CALLERID(num)=+34911234567")]
        pairs += [("Variable", "CALLERID(name)=Marta"), ("Variable", "CALLERID(pres)=allowed_not_screened")]
    return block(*pairs)


def registration(name: str, uri: str, status: str = "Reachable") -> bytes:
    return block(
        ("Event", "ContactList"), ("ActionID", "{id}"), ("ObjectName", name), ("Uri", uri), ("Status", status)
    )


def trunk_line(name: str, status: str) -> bytes:
    return block(
        ("Event", "OutboundRegistrationDetail"),
        ("ActionID", "{id}"),
        ("ObjectName", name),
        ("Status", status),
    )


ALONE = channel("17.5", CALLER, contact="c1", Context="cc-caller", Application="WaitDigit")


class Stage:
    """A switch on a fake manager, and an engine that notes what it is told."""

    def __init__(self, fake: FakeAmi) -> None:
        self.fake = fake
        self.told: list[ev.Event] = []
        self.found: list[tuple[ContactId, str, str, bool, str]] = []
        self.snapshots: list[ev.SwitchSnapshot] = []
        self.name, self.number = "Marta Ruiz", "+34911234567"
        self.now_ms = 5_000
        self.may_match = asyncio.Event()
        self.may_match.set()
        self.may_ring = asyncio.Event()
        self.may_ring.set()
        self.channels: list[bytes] = [ALONE]
        self.contacts: list[bytes] = [registration("ana;@f00d", "sip:ana@10.0.0.7")]
        self.while_listing: Callable[[FakeSession], None] = lambda _: None
        engine = Engine(
            self.told.append,
            self._ask,
            self.before_ring,
            lambda _: (self.name, self.number),
            lambda: 1_700_000_000_999,
            lambda: self.now_ms,
            lambda *who: self.found.append(who),
        )
        manager = Manager("127.0.0.1", fake.port, "cc", "right")
        self.switch = AsteriskSwitch("local", manager, {ANA: "ana", AgentId("fija"): "fija"}, engine, spawn)
        self.registrations: list[bytes] = []
        fake.answers["CoreStatus"] = self._core_status
        fake.answers["PJSIPShowRegistrationsOutbound"] = self._show_registrations
        fake.answers["PJSIPShowContacts"] = self._show_contacts
        fake.answers["CoreShowChannels"] = self._show_channels
        fake.answers["Status"] = lambda session, action: session.list_of(action, self.channels)

    async def _ask(self, event: ev.Event) -> None:
        assert isinstance(event, ev.SwitchSnapshot)
        self.snapshots.append(event)
        await self.may_match.wait()

    async def before_ring(self) -> None:
        await self.may_ring.wait()

    def _core_status(self, session: FakeSession, action: Action) -> None:
        session.success(action, ("CoreStartupDate", "2026-11-21"), ("CoreStartupTime", "22:00:00"))

    def _show_contacts(self, session: FakeSession, action: Action) -> None:
        if self.contacts:
            session.list_of(action, self.contacts)
        else:
            session.error(action, "No Contacts found")

    def _show_registrations(self, session: FakeSession, action: Action) -> None:
        if self.registrations:
            session.list_of(action, self.registrations)
        else:
            session.error(action, "No Outbound registrations found")

    def _show_channels(self, session: FakeSession, action: Action) -> None:
        self.while_listing(session)
        session.list_of(action, self.channels)

    def only(self, action: str) -> Action:
        (one,) = self.fake.named(action)
        return one

    async def asked(self, action: str, times: int = 1) -> list[Action]:
        """Wait until the switch has been asked for this so many times."""
        await until(lambda: len(self.fake.named(action)) >= times)
        return self.fake.named(action)

    async def rings(self) -> Action:
        """The offer goes out and its leg gets a channel."""
        self.switch.execute(OFFER)
        (originate,) = await self.asked("Originate")
        self.fake.session.event("Newchannel", ("Uniqueid", O1), ("Channel", "PJSIP/ana-00000002"))
        await until(lambda: self.switch.book.legs[O1].channel)
        return originate


@asynccontextmanager
async def staged(*, synced: bool = True) -> AsyncIterator[Stage]:
    async with FakeAmi() as fake:
        stage = Stage(fake)
        stage.may_match.set() if synced else stage.may_match.clear()
        stage.switch.start()
        try:
            await until(lambda: stage.snapshots)
            if synced:
                await until(lambda: stage.switch.ready)
            yield stage
        finally:
            await stage.switch.close()
            for task in asyncio.all_tasks():
                if task.get_name() == "switch.alive":
                    task.cancel()


async def test_the_whole_switch_is_listed_once_at_connect() -> None:
    """Callers by their variable, legs by the id we gave, phones by registration, the boot by its date."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        stage.channels = [
            ALONE,
            channel("17.6", "PJSIP/x-2", contact="c2", Context="cc-fallback", Application="Dial"),
            channel("17.7", "PJSIP/x-3", contact="c3", Context="cc-fallback", Application="Playback"),
            channel("c1-o1", "PJSIP/ana-4", ChannelStateDesc="Ringing", BridgeId="", contact="c1"),
            channel(
                "c2-o12", "PJSIP/ana-5", ChannelStateDesc="Up", BridgeId="b-1", Variable="CC_UP=1700000000123"
            ),
            channel("17.9", "PJSIP/somebody-6"),
            channel("17.11", "PJSIP/fija-0000000b"),
        ]
        stage.contacts = [
            registration("ana;@f00d", "sip:ana@10.0.0.7"),
            registration("fija@@beef", "sip:fija@10.0.0.9", "Unreachable"),
        ]
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        await stage.switch.close()

    (snapshot,) = stage.snapshots
    assert (snapshot.switch, snapshot.boot, snapshot.since_ms) == ("local", "2026-11-21 22:00:00", 5_000)
    assert [(c.contact_id, c.channel, c.elsewhere) for c in snapshot.callers] == [
        ("c1", Channel("local", "17.5"), False),
        ("c2", Channel("local", "17.6"), True),
        ("c3", Channel("local", "17.7"), False),
    ]
    assert snapshot.legs == (
        ev.LegSeen(OfferId("c1-o1"), up=False, bridged=False),
        ev.LegSeen(OfferId("c2-o12"), up=True, bridged=True, up_ms=1_700_000_000_123),
    )
    assert snapshot.reachable == (ANA,)
    assert snapshot.in_use == ("fija",)
    assert len(fake.named("CoreShowChannels")) == 1


async def test_the_switch_tells_again_who_its_callers_are() -> None:
    """A number that died with a killed server comes back from the line; a withheld one stays so."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        withheld = channel("17.8", "PJSIP/x-4", contact="c2").replace(b"allowed_", b"prohib_")
        by_trunk = withheld.replace(b"CALLERID(name)=Marta", b"CC_TRUNK=operador")
        stage.channels = [ALONE, by_trunk]
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        await stage.switch.close()

    assert stage.found == [
        (C1, "+34911234567", "Marta", False, ""),
        (C2, "+34911234567", "", True, "operador"),
    ]
    assert "CC_TRUNK" in fake.named("Status")[0].get("Variables")


async def test_nobody_registered_is_an_answer_and_not_a_failure() -> None:
    """Asterisk says "No Contacts found" as an error: the snapshot is taken all the same."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        stage.contacts = []
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        await stage.switch.close()

    assert stage.snapshots[0].reachable == ()


async def test_the_note_of_who_came_home_travels_with_the_caller() -> None:
    """When the talk ended while we were away is known from the dialplan's variable, in seconds."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        noted = block(
            ("Event", "CoreShowChannel"),
            ("ActionID", "{id}"),
            ("Channel", CALLER),
            ("Uniqueid", "17.5"),
            ("Variable", "CC_CONTACT=c1"),
            ("Variable", "CC_BACK=1700000000"),
        )
        stage.channels = [noted]
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        await stage.switch.close()

    assert stage.snapshots[0].callers[0].home_ms == 1_700_000_000_500


async def test_legs_that_were_moved_are_found_as_what_they_are() -> None:
    """On hold, asking, conferring: picked up, though some talk to nobody; before the first talk: not yet."""
    up = {"ChannelStateDesc": "Up", "Context": "cc-agent"}
    places = {
        "c1-o1": up | {"Exten": "alone", "BridgeId": ""},
        "c1-o2": up | {"Exten": "consulting", "BridgeId": ""},
        "c1-o3": up | {"Exten": "meet", "BridgeId": "b-1"},
        "c1-o4": up | {"Exten": "confer", "BridgeId": "b-2"},
        "c1-o5": up | {"Exten": "join", "BridgeId": ""},
        "c1-o6": up | {"Exten": "asked", "BridgeId": ""},
        "c1-o7": up | {"Exten": "asked", "BridgeId": "b-3"},
        "c1-o8": {"ChannelStateDesc": "Ringing", "Exten": "consulting"},
    }
    async with FakeAmi() as fake:
        stage = Stage(fake)
        stage.channels = [channel(leg, f"PJSIP/ana-{leg[-1]}", **place) for leg, place in places.items()]
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        for leg in ("c1-o1", "c1-o5"):
            fake.session.event("Hangup", ("Uniqueid", leg), ("Cause", "16"), ("ChannelStateDesc", "Up"))
        await until(lambda: len(stage.told) >= 2)
        await stage.switch.close()

    seen = {str(leg.offer_id)[-1]: (leg.up, leg.bridged) for leg in stage.snapshots[0].legs}
    assert seen == {
        **dict.fromkeys("12", (True, False)),
        **dict.fromkeys("347", (True, True)),
        **dict.fromkeys("568", (False, False)),
    }
    assert stage.told == [ev.LegGone(OfferId("c1-o1")), ev.OfferFailed(OfferId("c1-o5"), OfferEnd.DECLINED)]


async def test_a_variable_that_is_not_set_is_nothing() -> None:
    """Asterisk lists it as "(null)": neither a contact of that name nor a leg that is muted for it."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        unset = block(("Variable", "CC_MUTED=(null)"), ("Variable", "CC_ROLE=(null)"))
        leg = channel("c1-o1", "PJSIP/ana-2", contact="c1", ChannelStateDesc="Up", BridgeId="b-1")
        stage.channels = [
            leg.removesuffix(b"\r\n") + unset,
            channel("17.9", "PJSIP/somebody-6", contact="(null)"),
        ]
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        await stage.switch.close()

    assert stage.snapshots[0].callers == ()
    assert not stage.switch.book.legs[O1].muted
    assert stage.switch.book.legs[O1].kind is OfferKind.CONTACT


def customer(uniqueid: str, **more: str) -> bytes:
    """The line of somebody whom an agent has called."""
    marked = channel(uniqueid, f"PJSIP/trunk.operador-{uniqueid[1]}", contact=uniqueid[:2], **more)
    return marked.removesuffix(b"\r\n") + block(
        ("Variable", "CC_ROLE=customer"), ("Variable", "CC_OFFER=c1-o1")
    )


async def test_customers_who_were_reached_while_nobody_watched_are_told() -> None:
    """Talking, or back home already; one who rings, or is just picking up, is not reached yet."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        stage.channels = [
            customer("c1-c", ChannelStateDesc="Ringing"),
            customer("c2-c", ChannelStateDesc="Up", Exten="called", BridgeId=""),
            customer("c3-c", ChannelStateDesc="Up", Exten="called", BridgeId="b-1"),
            customer("c4-c", ChannelStateDesc="Up", Exten="in", BridgeId=""),
        ]
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        reached = list(stage.told)
        fake.session.event("BridgeEnter", ("Uniqueid", "c2-c"), ("BridgeUniqueid", "b-2"))
        failed = ("Response", "Failure"), ("Reason", "0"), ("Uniqueid", "c1-c")
        fake.session.event("Hangup", ("Uniqueid", "c1-c"), ("Cause", "17"))
        fake.session.event("OriginateResponse", *failed)
        await until(lambda: len(stage.told) >= 4)
        await stage.switch.close()

    assert reached == [ev.ContactReached(ContactId("c3")), ev.ContactReached(ContactId("c4"))]
    assert stage.told[2:] == [
        ev.ContactReached(ContactId("c2")),
        ev.ContactGone(ContactId("c1"), EndedBy.CALLER, OfferEnd.BUSY),
    ]
    talks = [caller.bridged for caller in stage.snapshots[0].callers]
    assert talks == [False, False, True, False]


async def test_who_hangs_up_while_the_list_is_made_is_not_in_it() -> None:
    """The list may be older than the hang-up: the dead are left out, and forgotten."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        stage.channels = [ALONE, channel("c1-o1", "PJSIP/ana-4", ChannelStateDesc="Ringing")]

        def hang_up(session: FakeSession) -> None:
            for uniqueid in ("17.5", "c1-o1"):
                session.event("Hangup", ("Uniqueid", uniqueid), ("Cause", "16"))

        stage.while_listing = hang_up
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        await stage.switch.close()

    assert (stage.snapshots[0].callers, stage.snapshots[0].legs) == ((), ())
    assert stage.switch.book.channels == {}


async def test_a_phone_that_registers_while_the_list_is_made_stays_registered() -> None:
    """News that came after the list of registrations is not undone by it."""
    async with FakeAmi() as fake:
        stage = Stage(fake)
        stage.contacts = []
        stage.while_listing = lambda session: session.event(
            "ContactStatus", ("AOR", "ana"), ("URI", "sip:ana@10.0.0.8"), ("ContactStatus", "Reachable")
        )
        stage.switch.start()
        await until(lambda: stage.switch.ready)
        await stage.switch.close()

    assert stage.snapshots[0].reachable == (ANA,)


async def test_a_phone_that_seems_gone_is_looked_for_in_a_fresh_list() -> None:
    """Created, then Removed, for one registration: the list still has it, and nothing is told."""
    async with staged() as stage:

        def removed(session: FakeSession) -> None:
            session.event("ContactStatus", ("AOR", "ana"), ("URI", "sip:x"), ("ContactStatus", "Removed"))

        removed(stage.fake.session)
        await stage.asked("PJSIPShowContacts", 2)
        assert stage.told == []
        stage.contacts = []
        removed(stage.fake.session)
        await stage.asked("PJSIPShowContacts", 3)
        await until(lambda: stage.told)

    assert stage.told == [ev.PhoneReachable(ANA, reachable=False)]


async def test_nothing_is_commanded_before_the_engine_has_seen_the_switch() -> None:
    """Commands wait for the snapshot; the offers that wait are in it, so nobody is rung twice."""
    async with staged(synced=False) as stage:
        stage.switch.execute(OFFER)
        stage.switch.execute(EndLeg(OfferId("c9-o1")))
        assert not stage.switch.ready
        assert stage.fake.named("Originate") + stage.fake.named("Hangup") + stage.fake.named("Setvar") == []
        stage.may_match.set()
        await stage.asked("Originate")
        await stage.asked("Hangup")


async def test_an_offer_made_during_an_outage_is_in_the_next_snapshot() -> None:
    """The switch cannot know of what was not asked yet: it is told of as a leg that does not ring yet."""
    async with staged() as stage:
        stage.may_match.clear()
        stage.fake.session.drop()
        await until(lambda: not stage.switch.ready)
        stage.switch.execute(OFFER)
        await until(lambda: len(stage.snapshots) == 2)
        assert stage.snapshots[1].legs == (ev.LegSeen(O1, up=False),)
        assert stage.fake.named("Originate") == []
        stage.may_match.set()

        assert (await stage.asked("Originate"))[0].get("ChannelId") == O1


async def test_a_connection_lost_while_the_pop_leaves_is_waited_for() -> None:
    """Between the pop and the Originate the switch may have gone: no leg escapes the snapshot."""
    async with staged() as stage:
        stage.may_ring.clear()
        stage.switch.execute(OFFER)
        stage.may_match.clear()
        stage.fake.session.drop()
        await until(lambda: len(stage.snapshots) == 2)
        stage.may_ring.set()
        for _ in range(2):  # whatever was sent before these is there when they are answered
            await stage.switch._ami.send("Ping")
        assert stage.snapshots[1].legs == (ev.LegSeen(O1, up=False),)
        assert stage.fake.named("Originate") == []
        stage.may_match.set()

        await stage.asked("Originate")


async def test_the_originate_says_everything_that_the_agents_leg_needs() -> None:
    """Header by header: where it goes, how long it rings, who is calling, and by which id we know it."""
    async with staged() as stage:
        originate = await stage.rings()

    assert [pair for pair in originate.pairs if pair[0] not in ("Action", "ActionID")] == [
        ("Channel", "PJSIP/ana"),
        ("Context", "cc-agent"),
        ("Exten", "join"),
        ("Priority", "1"),
        ("Timeout", "15000"),
        ("CallerID", '"Marta Ruiz" <+34911234567>'),
        ("ChannelId", "c1-o1"),
        ("Async", "true"),
        ("Variable", f"CC_CALLER={CALLER}"),
        ("Variable", "CC_BY="),
        ("Variable", "CC_CONTACT=c1"),
        ("Variable", "CC_ROLE=contact"),
        ("Variable", "CC_OFFER=c1-o1"),
        ("Variable", "PJSIP_HEADER(add,X-Contact)=c1"),
        ("Variable", "PJSIP_HEADER(add,X-Offer)=c1-o1"),
    ]


async def test_a_phone_that_answers_by_itself_is_told_so() -> None:
    """Two headers, as phones understand one or the other; nothing else is different."""
    async with staged() as stage:
        stage.switch.execute(replace(OFFER, auto_answer=True))
        (originate,) = await stage.asked("Originate")

    told = [value for name, value in originate.pairs if name == "Variable"]
    assert told[-2:] == [
        "PJSIP_HEADER(add,Call-Info)=<sip:centralita>;answer-after=0",
        "PJSIP_HEADER(add,Alert-Info)=<http://centralita>;info=alert-autoanswer;delay=0",
    ]
    assert len(told) == 9


@pytest.mark.parametrize(
    ("name", "number", "shown"),
    [
        ('Ana" <666>, "x', "+34911234567", '"Ana   666    x" <+34911234567>'),
        ("Ana\r\nAction: Originate", "911\r\nAction: Hangup", '"Ana  Action: Originate" <911Action: Hangup>'),
        ("García, S.L. (Madrid)", "9;x<y>(z)", '"García  S.L.  Madrid " <9xyz>'),
        ("back\\slash\x00\x1b", "", '"back slash  " <anonymous>'),
        ("", "anonymous", '"" <anonymous>'),
        ("Ñandú 日本", "+34911234567", '"Ñandú 日本" <+34911234567>'),
    ],
)
async def test_no_name_and_no_number_can_say_more_than_itself(name: str, number: str, shown: str) -> None:
    """Quotes, commas, line ends, brackets: whatever a caller is called, it stays one value of one header."""
    async with staged() as stage:
        stage.name, stage.number = name, number
        originate = await stage.rings()

    assert originate.get("CallerID") == shown
    assert len(originate.pairs) == 17
    assert [action.name for action in stage.fake.actions].count("Originate") == 1


async def test_the_bell_waits_for_the_pop() -> None:
    """The record opens before the phone rings; a withdrawal in that moment rings nobody."""
    async with staged() as stage:
        stage.may_ring.clear()
        stage.switch.execute(OFFER)
        stage.switch.execute(WithdrawOffer(O1, OfferEnd.CALLER_GONE))
        stage.may_ring.set()
        await until(lambda: stage.told)

        assert stage.told == [ev.OfferFailed(O1, OfferEnd.CALLER_GONE)]
        assert stage.fake.named("Originate") == []


async def test_a_refused_originate_ends_the_offer_at_once() -> None:
    """Asterisk's own "no" is an outcome, not something to wait for."""
    async with staged() as stage:
        stage.fake.answers["Originate"] = lambda session, action: session.error(action, "Extension unknown")
        stage.switch.execute(OFFER)
        await until(lambda: stage.told)

        assert stage.told == [ev.OfferFailed(O1, OfferEnd.FAILED)]
        assert stage.switch.book.legs == {}


async def test_what_cannot_be_written_ends_the_offer_at_once() -> None:
    """A header that the manager would not read: nothing was sent, so nothing needs to be found out."""
    async with staged() as stage:
        stage.name = "x" * 3_000
        stage.switch.execute(OFFER)
        await until(lambda: stage.told)

        assert stage.told == [ev.OfferFailed(O1, OfferEnd.FAILED)]


@pytest.mark.parametrize("offer", [OfferContact(O1, C2, ANA, 1), OfferContact(O1, C1, AgentId("nadie"), 1)])
async def test_without_a_caller_or_a_phone_nothing_rings(offer: OfferContact) -> None:
    """The caller's channel is gone, or the agent has no phone: told as a failure, not kept waiting."""
    async with staged() as stage:
        stage.switch.execute(offer)
        await until(lambda: stage.told)

        assert stage.told == [ev.OfferFailed(O1, OfferEnd.FAILED)]
        assert stage.fake.named("Originate") == []


async def test_a_ringing_leg_is_known_to_its_callers_channel() -> None:
    """Should we die now, the caller's hang-up handler silences the bell by itself."""
    async with staged() as stage:
        await stage.rings()
        await until(lambda: [a for a in stage.fake.named("Setvar") if a.get("Variable") == "CC_LEG"])
        marks = [a for a in stage.fake.named("Setvar") if a.get("Variable") == "CC_LEG"]

        assert [(m.get("Channel"), m.get("Value")) for m in marks] == [(CALLER, "PJSIP/ana-00000002")]


async def test_a_withdrawn_bell_is_hung_up_and_its_end_is_told_as_withdrawn() -> None:
    """By the id that we gave; the reason is ours, whatever the phone says."""
    async with staged() as stage:
        await stage.rings()
        stage.switch.execute(WithdrawOffer(O1, OfferEnd.CALLER_GONE))
        (hangup,) = await stage.asked("Hangup")
        assert (hangup.get("Channel"), hangup.get("Cause")) == (O1, "16")
        stage.fake.session.event("Hangup", ("Uniqueid", O1), ("Cause", "26"), ("ChannelStateDesc", "Ringing"))
        await until(lambda: stage.told)

        assert stage.told == [ev.OfferFailed(O1, OfferEnd.CALLER_GONE)]


async def test_a_leg_withdrawn_before_it_has_a_channel_is_hung_up_as_soon_as_it_has() -> None:
    """There is nothing to hang up between the Originate and the channel; then there is, and it goes."""
    async with staged() as stage:
        stage.switch.execute(OFFER)
        await stage.asked("Originate")
        stage.switch.execute(WithdrawOffer(O1, OfferEnd.CALLER_GONE))
        assert stage.fake.named("Hangup") == []
        stage.fake.session.event("Newchannel", ("Uniqueid", O1), ("Channel", "PJSIP/ana-00000002"))

        assert (await stage.asked("Hangup"))[0].get("Channel") == O1
        assert [a for a in stage.fake.named("Setvar") if a.get("Variable") == "CC_LEG"] == []


async def test_the_withdrawal_of_an_unknown_leg_has_succeeded() -> None:
    """There is nothing to stop: the engine need not wait."""
    async with staged() as stage:
        stage.switch.execute(WithdrawOffer(OfferId("c9-o1"), OfferEnd.WITHDRAWN))

        assert stage.told == [ev.OfferFailed(OfferId("c9-o1"), OfferEnd.WITHDRAWN)]


async def test_a_leg_that_was_not_asked_for_yet_is_ended_by_never_asking() -> None:
    """Given up by the engine during an outage: when the switch is back no phone rings for it."""
    async with staged() as stage:
        stage.may_ring.clear()
        stage.switch.execute(OFFER)
        stage.switch.execute(EndLeg(O1))
        stage.switch.execute(OfferContact(OfferId("c1-o2"), C1, ANA, 15_000))
        stage.may_ring.set()

        assert (await stage.asked("Originate"))[0].get("ChannelId") == "c1-o2"
        assert O1 not in stage.switch.book.legs


async def test_a_leg_that_nobody_needs_is_hung_up_and_a_leg_already_gone_is_no_trouble() -> None:
    """Ending what has ended is an error of the manager's and nobody else's."""
    async with staged() as stage:
        stage.fake.answers["Hangup"] = lambda session, action: session.error(action, "No such channel")
        stage.switch.execute(EndLeg(OfferId("c9-o1")))
        await stage.asked("Hangup")
        stage.switch.execute(OFFER)
        await stage.asked("Originate")

        assert stage.told == []


async def test_waiting_callers_can_see_that_we_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """A global mark in seconds, again and again, and only while the switch is in step with us."""
    monkeypatch.setattr(switch_module, "ALIVE_EVERY_S", 0.01)
    async with staged() as stage:
        marks = [a for a in await stage.asked("Setvar", 3) if a.get("Variable") == "CC_ALIVE"]

    assert {mark.get("Value") for mark in marks} == {"1700000000"}
    assert {mark.get("Channel") for mark in marks} == {""}


async def test_after_a_reconnect_another_snapshot_is_taken() -> None:
    """What happened meanwhile is seen in the list: the caller is gone, and so is what we knew of them."""
    async with staged() as stage:
        await stage.rings()
        stage.channels = [channel("17.8", "PJSIP/x-9", contact="c2")]
        stage.fake.session.drop()
        await until(lambda: len(stage.snapshots) == 2 and stage.switch.ready)

        assert [caller.contact_id for caller in stage.snapshots[1].callers] == ["c2"]
        assert stage.snapshots[1].legs == ()
        assert (list(stage.switch.book.channels), stage.switch.book.legs) == ([C2], {})


async def test_a_caller_who_arrives_while_the_list_is_made_is_not_forgotten() -> None:
    """Too young to be in the list, and no less alive: an offer for them can be made."""
    async with staged() as stage:
        stage.channels = []
        stage.while_listing = lambda _: stage.switch.book.caller(C2, "17.9", "PJSIP/x-9")
        stage.fake.session.drop()
        await until(lambda: len(stage.snapshots) == 2 and stage.switch.ready)

        assert list(stage.switch.book.channels) == [C2]


async def test_an_originate_lost_with_the_connection_is_settled_by_the_snapshot() -> None:
    """Not known whether it rings: if the list does not hold the leg, it is not waited for any more."""
    async with staged() as stage:
        stage.fake.answers["Originate"] = lambda session, _: session.drop()
        stage.switch.execute(OFFER)
        await until(lambda: len(stage.snapshots) == 2 and stage.switch.ready)

        assert stage.snapshots[1].legs == ()
        assert (stage.told, stage.switch.book.legs) == ([], {})


@pytest.mark.parametrize("there", [True, False])
async def test_an_agi_hang_up_is_proof_only_if_the_channel_is_gone(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch is asked twice: a caller who is just being bridged cannot be found for a moment."""
    monkeypatch.setattr(switch_module, "LOOK_AGAIN_S", 0.0)
    asked: list[str] = []

    def getvar(session: FakeSession, action: Action) -> None:
        asked.append(action.get("Channel"))
        if there and len(asked) == 2:
            session.success(action, ("Variable", "CC_CONTACT"), ("Value", "c1"))
        else:
            session.error(action, "No such channel")

    async with staged() as stage:
        stage.fake.answers["Getvar"] = getvar

        assert await stage.switch.is_gone(C1) is not there
        assert asked == ["17.5", "17.5"]
        assert (C1 in stage.switch.book.channels) is there


async def test_a_caller_whose_hang_up_comes_while_we_ask_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event overtakes the answer: told once by the event, and nothing else goes wrong."""
    monkeypatch.setattr(switch_module, "LOOK_AGAIN_S", 0.0)

    def getvar(session: FakeSession, action: Action) -> None:
        session.event("Hangup", ("Uniqueid", "17.5"), ("Cause", "16"))
        session.error(action, "No such channel")

    async with staged() as stage:
        stage.fake.answers["Getvar"] = getvar

        assert await stage.switch.is_gone(C1)
        assert stage.told == [ev.ContactGone(C1)]
        assert await stage.switch.is_gone(C1)


async def test_a_caller_is_called_in_by_a_mark_on_their_channel() -> None:
    """The channel is marked, nothing is moved; for who is gone nothing is done at all."""
    async with staged() as stage:
        stage.switch.execute(CallIn(C2))
        stage.switch.execute(CallIn(C1))
        await until(lambda: [a for a in stage.fake.named("Setvar") if a.get("Variable") == "CC_COME"])
        marks = [a for a in stage.fake.named("Setvar") if a.get("Variable") == "CC_COME"]
        woken = await stage.asked("PlayDTMF")

    assert [(m.get("Channel"), m.get("Value")) for m in marks] == [("17.5", "1")]
    assert [(w.get("Channel"), w.get("Digit"), w.get("Receive")) for w in woken] == [("17.5", "D", "true")]
    assert not stage.fake.named("Redirect")


async def test_a_call_in_lost_with_the_connection_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit is due all the same; twice marked does no harm, never marked would."""
    monkeypatch.setattr(switch_module, "LOOK_AGAIN_S", 0.0)
    marked: list[str] = []

    def setvar(session: FakeSession, action: Action) -> None:
        if action.get("Variable") != "CC_COME":
            session.success(action)
            return
        marked.append(action.get("Channel"))
        session.drop() if len(marked) == 1 else session.success(action)

    async with staged() as stage:
        stage.fake.answers["Setvar"] = setvar
        stage.switch.execute(CallIn(C1))
        await until(lambda: len(marked) == 2)

    assert marked == ["17.5", "17.5"]


async def test_an_agents_own_call_is_told_and_the_callers_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both books read the same stream."""
    async with staged() as stage:
        stage.fake.session.event("Newchannel", ("Uniqueid", "18.1"), ("Channel", "PJSIP/ana-0000000f"))
        await until(lambda: len(stage.told) == 1)
        stage.fake.session.event("Hangup", ("Uniqueid", "18.1"), ("Cause", "16"))
        await until(lambda: len(stage.told) == 2)

    assert stage.told == [ev.PhoneInUse(ANA, in_use=True), ev.PhoneInUse(ANA, in_use=False)]


async def test_a_reload_names_the_modules_and_asks_again_what_it_may_have_changed() -> None:
    """Module by module; then registrations of phones and trunks, and trunks that are out try at once."""
    async with staged() as stage:
        stage.registrations = [trunk_line("trunk.operador", "Rejected")]
        changes = Changes(modules=("pbx_config.so", "res_pjsip.so"))
        await stage.switch.apply(changes, {ANA: "ana"}, fixed=())
        assert [a.get("Module") for a in stage.fake.named("Reload")] == ["pbx_config.so", "res_pjsip.so"]
        assert [a.get("Registration") for a in stage.fake.named("PJSIPRegister")] == ["trunk.operador"]
        assert "operador" in stage.switch.trunk_trouble()["operador"]


async def test_a_module_that_is_not_reloaded_keeps_nothing_else_from_being_taken_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The log says which; the other modules are reloaded, and the phones are the new ones."""
    async with staged() as stage:
        stage.fake.answers["Reload"] = lambda session, action: session.error(action, "No such module")
        changes = Changes(modules=("pbx_config.so", "res_pjsip.so"))
        await stage.switch.apply(changes, {ANA: "nueva"}, fixed={"nueva"})

        assert len(stage.fake.named("Reload")) == 2
        assert ev.PhoneReachable(ANA, reachable=True) in stage.told
    assert "pbx_config.so" in capsys.readouterr().out


async def test_a_reload_lost_with_the_connection_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are on disk: Asterisk must not be left with the old ones."""
    monkeypatch.setattr(switch_module, "LOOK_AGAIN_S", 0.0)
    asked: list[str] = []

    def reload(session: FakeSession, action: Action) -> None:
        asked.append(action.get("Module"))
        session.drop() if len(asked) == 1 else session.success(action)

    async with staged() as stage:
        stage.fake.answers["Reload"] = reload
        await stage.switch.apply(Changes(modules=("pbx_config.so",)), {ANA: "ana"}, fixed=())

    assert asked == ["pbx_config.so", "pbx_config.so"]


async def test_other_phones_are_rung_from_now_on() -> None:
    """Ana has another phone: the next offer rings there, and how it stands is told."""
    async with staged() as stage:
        stage.switch.set_phones({ANA: "nueva"}, {"nueva"})
        assert stage.told == [
            ev.PhoneReachable(ANA, reachable=True),
            ev.PhoneInUse(ANA, in_use=False),
        ]
        stage.switch.execute(OFFER)

        assert (await stage.asked("Originate"))[0].get("Channel") == "PJSIP/nueva"


async def test_a_change_of_a_trunk_is_looked_at_in_a_fresh_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registry says that something has changed; the list says what, once for many."""
    monkeypatch.setattr(switch_module, "DOUBT_S", 0.0)
    async with staged() as stage:
        stage.registrations = [trunk_line("trunk.operador", "Rejected")]
        for _ in range(3):
            stage.fake.session.event("Registry", ("ChannelType", "PJSIP"), ("Status", "Rejected"))
        await until(stage.switch.trunk_trouble)

        assert list(stage.switch.trunk_trouble()) == ["operador"]


async def test_a_talk_that_ends_by_itself_is_not_ended_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is home before the news of the agent's leg: nothing is asked of the switch for it."""
    monkeypatch.setattr(bells_module, "ENDS_ITSELF_S", 0.05)
    async with staged() as stage:
        stage.switch.execute(OFFER)
        await stage.asked("Originate")
        leg = ("Uniqueid", str(O1)), ("Channel", "PJSIP/ana-0000000f")
        stage.fake.session.event("Newchannel", *leg)
        stage.fake.session.event("BridgeEnter", *leg)
        await until(lambda: ev.OfferAccepted(O1) in stage.told)
        stage.switch.execute(EndLeg(O1))
        stage.fake.session.event("Hangup", *leg, ("Cause", "16"), ("ChannelStateDesc", "Up"))
        await until(lambda: ev.LegGone(O1) in stage.told)
        stage.switch.execute(EndLeg(OfferId("c9-o1")))
        ended = await stage.asked("Hangup")

    assert [action.get("Channel") for action in ended] == ["c9-o1"]
