"""What a configuration may say of telephones: those of agents, and lines to the telephone network."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.part import Part
from config.words import Account, Address, Codec, Destination, Host, Network, Number, Region, wrong


class Phone(Part):
    """A phone of an agent. Without `address` it registers with us under its own name."""

    kind: Literal["sip", "browser"] = "sip"
    """Any SIP phone, or a browser (WebRTC)."""
    address: Address | None = None
    """`host:port` of a SIP phone that does not register."""
    codecs: Annotated[list[Codec], Field(min_length=1)] | None = None
    """In order of preference; None: alaw, ulaw, g722, and opus first for a browser."""
    dtmf: Literal["auto", "rfc4733", "info", "inband"] = "auto"
    answer: Literal["talk", "header", "by_hand"] = "by_hand"
    """How a SIP phone is made to pick up: an event in the call, a new call with a header, or not at all."""

    @model_validator(mode="after")
    def _browsers_register(self) -> Self:
        if self.kind == "browser" and self.address is not None:
            fix = ("quite address", "remove address")
            raise wrong("phone", "un navegador no tiene address", "a browser has no address", fix=fix)
        if self.kind == "browser" and "answer" in self.model_fields_set:
            es, en = "un navegador descuelga desde su página", "a browser picks up by its page"
            raise wrong("phone", es, en, fix=("quite answer", "remove answer"))
        return self


def _usual_codecs() -> list[Codec]:
    return ["alaw", "ulaw"]


class TrunkLimits(Part):
    """Calls at once."""

    calls: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Both ways together."""
    out: Annotated[int, Field(ge=0, le=10_000)] = 10


class Trunk(Part):
    """A line to the telephone network. Its password stands in secrets.json, never here."""

    host: Host
    """Of the carrier, with its port if it is not 5060."""
    register_: Annotated[bool, Field(alias="register")] = False
    """We sign in there, as `user`; else the carrier knows our address."""
    user: Account | None = None
    transport: Literal["udp", "tcp", "tls"] = "udp"
    codecs: Annotated[list[Codec], Field(min_length=1)] = Field(default_factory=_usual_codecs)
    dtmf: Literal["auto", "rfc4733", "info", "inband"] = "rfc4733"
    from_: Annotated[list[Network], Field(alias="from")] = Field(default_factory=list)
    """Networks that calls of this trunk come from, besides the addresses of `host`."""
    country: Region = "ES"
    """How its national numbers are read and made E.164."""
    numbers: dict[Number, Number] = Field(default_factory=dict)
    """Called number as the carrier sends it -> number in `entry`. What is not here is refused."""
    caller_id: Number | None = None
    """Shown on calls that we make."""
    trust_identity: bool = False
    """Believe P-Asserted-Identity of the carrier, and send it."""
    allow: list[Destination] = Field(default_factory=list)
    """The only destinations that may be dialled; empty: none."""
    limits: TrunkLimits = TrunkLimits()

    @model_validator(mode="after")
    def _user_to_register(self) -> Self:
        if self.register_ and self.user is None:
            fix = ("añada «user: …»", 'add "user: …"')
            raise wrong("trunk", "register: true pide user", "register: true wants user", fix=fix)
        return self
