"""A webhook never becomes a way into a private network, whatever an address or a name looks like."""

from __future__ import annotations

import pytest
from aiohttp import web

from centralita.webhooks.addresses import RefusedAddressError, is_allowed
from centralita.webhooks.pace import Pace
from centralita.webhooks.post import Answer, Poster, Verdict
from centralita.webhooks.resolver import CheckedResolver, Lookup
from tests.support.receiver import Receiver

pytestmark = pytest.mark.unit

PUBLIC = ("93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8")
PRIVATE = ("10.1.2.3", "172.31.0.1", "192.168.1.1", "127.0.0.1", "127.8.8.8", "::1", "fd12:3456::1")
NEVER = (
    "0.0.0.0",  # noqa: S104
    "169.254.169.254",
    "100.100.100.200",
    "100.64.0.1",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "2001:db8::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::a9fe:a9fe",
    "",
    "crm.example",
)
WRAPPED = (
    "::ffff:10.1.2.3",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "2002:a01:203::",
    "::7f00:1",
)
QUICK = Pace(total_ms=2_000, connect_ms=1_000)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    """Where CRMs are."""
    assert is_allowed(address, private=False)


@pytest.mark.parametrize("address", [*PRIVATE, *WRAPPED])
def test_private_ones_are_refused(address: str) -> None:
    """Also inside of an IPv6 address that the network unwraps."""
    assert not is_allowed(address, private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_ones_need_leave(address: str) -> None:
    """`allow_private` is for these."""
    assert is_allowed(address, private=True)


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("private", [False, True])
def test_metadata_and_the_like_never_are(address: str, private: bool) -> None:
    """Link-local, multicast, reserved, shared and clouds' metadata, with or without leave."""
    assert not is_allowed(address, private=private)


def answering(*answers: list[str]) -> tuple[Lookup, list[str]]:
    """A resolver that says something else each time, and the names it was asked for."""
    asked: list[str] = []
    left = list(answers)

    async def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return left.pop(0) if len(left) > 1 else left[0]

    return lookup, asked


async def post(url: str, lookup: Lookup, *, private: bool, times: int = 1) -> list[Answer]:
    poster = Poster(url, private=private, lookup=lookup, pace=QUICK, at_once=1)
    try:
        return [await poster.post("s-e1", b"{}", ["secret"], 1_750_000_000_000) for _ in range(times)]
    finally:
        await poster.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "0.0.0.0",  # noqa: S104
    ],
)
async def test_no_spelling_of_this_machine_is_reached(host: str, receiver: Receiver) -> None:
    """Numbers that look like names are no address, or are looked up as the machine would and then refused."""
    port = receiver.url.split(":")[2].split("/")[0]
    (answer,) = await post(f"https://{host}:{port}/", answering(["127.0.0.1"])[0], private=False)

    assert answer.verdict is Verdict.DOWN
    assert "adonde un webhook no puede ir / " in answer.why or "no es una dirección" in answer.why
    assert not receiver.got


async def test_a_name_that_changes_between_check_and_connection_gains_nothing(receiver: Receiver) -> None:
    """One look-up for each connection, and it is made to just the address that was checked."""
    port = receiver.url.split(":")[2].split("/")[0]
    # The first answer is for nobody: nothing listens there, but it is what has to be tried.
    lookup, asked = answering(["192.168.255.254"], ["127.0.0.1"])
    resolver = CheckedResolver(lookup, private=True, loopback_only=False)
    (checked,) = await resolver.resolve("evil.example", int(port))

    assert checked["host"] == "192.168.255.254"
    assert asked == ["evil.example"]


async def test_the_second_connection_is_checked_anew(receiver: Receiver) -> None:
    """A name that was good once is not trusted for ever, and what it said before is not used again."""
    port = receiver.url.split(":")[2].split("/")[0]
    lookup, asked = answering(["127.0.0.1"], ["169.254.169.254"])
    poster = Poster(f"http://evil.example:{port}/", private=True, lookup=lookup, pace=QUICK, at_once=1)
    first = await poster.post("s-e1", b"{}", ["secret"], 1)
    await receiver.down()  # the kept connection ends, so that another has to be made
    await receiver.up()
    second = await poster.post("s-e2", b"{}", ["secret"], 1)
    await poster.close()

    assert first.verdict is Verdict.TAKEN
    assert second.verdict is Verdict.DOWN and "169.254.169.254" in second.why
    assert len(asked) == 2
    assert len(receiver.got) == 1


async def test_one_bad_address_among_good_ones_is_enough() -> None:
    """A name with both is a trap."""
    lookup, _ = answering(["8.8.8.8", "10.0.0.1"])
    with pytest.raises(RefusedAddressError, match=r"10\.0\.0\.1"):
        await CheckedResolver(lookup, private=False, loopback_only=False).resolve("x", 443)


async def test_a_name_without_address_is_refused() -> None:
    """It leads nowhere."""
    lookup, _ = answering([])
    with pytest.raises(RefusedAddressError):
        await CheckedResolver(lookup, private=True, loopback_only=False).resolve("x", 443)


async def test_plain_http_goes_to_this_machine_only() -> None:
    """Even with leave for private networks: others could read it on the way."""
    lookup, _ = answering(["192.168.1.9"])
    (answer,) = await post("http://crm.lan:1/", lookup, private=True)

    assert "192.168.1.9" in answer.why


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    """It could lead anywhere."""
    receiver.answer = lambda _: web.Response(status=307, headers={"Location": f"{receiver.url}/otra"})
    (answer,) = await post(receiver.url, answering(["127.0.0.1"])[0], private=True)

    assert (answer.verdict, answer.status) == (Verdict.DOWN, 307)
    assert len(receiver.got) == 1


async def test_an_endless_answer_is_cut(receiver: Receiver) -> None:
    """No more of an answer is read than a little, and none of it is kept."""
    receiver.answer = lambda _: web.Response(status=200, body=b"x" * 5_000_000)
    (answer,) = await post(receiver.url, answering(["127.0.0.1"])[0], private=True)

    assert answer.verdict is Verdict.TAKEN


async def test_what_is_shown_of_a_failure_holds_no_url(receiver: Receiver) -> None:
    """Its query may be a secret."""
    await receiver.down()
    (answer,) = await post(f"{receiver.url}?token=s3cr3t", answering(["127.0.0.1"])[0], private=True)

    assert answer.verdict is Verdict.DOWN
    assert answer.why and "s3cr3t" not in answer.why
