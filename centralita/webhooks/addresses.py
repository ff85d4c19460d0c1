"""
To which addresses an endpoint may lead: a webhook must never become a way into our own network.

An address that carries an IPv4 address inside (mapped, 6to4, Teredo, NAT64) is
judged by what it carries as well: the network would unwrap it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_ALWAYS_REFUSED: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = (
    ipaddress.IPv4Network("0.0.0.0/8"),
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's machine agent, though it looks public
    ipaddress.IPv4Network("169.254.0.0/16"),  # link-local, and the metadata of most clouds
    ipaddress.IPv4Network("100.100.100.200/32"),  # Alibaba's metadata
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocol assignments, and Oracle's metadata
    ipaddress.IPv4Network("198.18.0.0/15"),
    ipaddress.IPv6Network("fd00:ec2::/32"),  # Amazon's metadata
    ipaddress.IPv6Network("fec0::/10"),
)
_PRIVATE: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = (
    ipaddress.IPv4Network("10.0.0.0/8"),
    ipaddress.IPv4Network("172.16.0.0/12"),
    ipaddress.IPv4Network("192.168.0.0/16"),
    ipaddress.IPv4Network("127.0.0.0/8"),
    ipaddress.IPv6Network("fc00::/7"),
    ipaddress.IPv6Network("::1/128"),
)
"""What `allow_private` lets through: private networks (RFC 1918, RFC 4193) and the loopback."""


class RefusedAddressError(OSError):
    """An endpoint leads where it may not. An OSError, as a connection that cannot be made is one."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"{host} lleva a {address or 'ninguna dirección'}, adonde un webhook no puede ir / "
            f"{host} leads to {address or 'no address'}, where a webhook may not go"
        )


def is_allowed(address: str, *, private: bool) -> bool:
    """
    Whether a webhook may be sent there.

    Args:
        address: An IP address as text; anything else is refused.
        private: Private networks and the loopback are allowed. Link-local, multicast,
            reserved and metadata addresses never are.
    """
    try:
        whole = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_one_allowed(found, private=private) for found in _layers(whole))


def is_loopback(address: str) -> bool:
    """An IP address of this machine alone, as text."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _layers(address: IpAddress) -> Iterator[IpAddress]:
    """What is judged: an IPv4-mapped address is its IPv4 address; other wrappings count as well."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in network for network in _NAT64) or _is_compatible(address):
        yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


def _is_compatible(address: ipaddress.IPv6Address) -> bool:
    """`::a.b.c.d`, long deprecated; `::` and `::1` are not meant so."""
    return address in _COMPATIBLE and int(address) > 1


def _one_allowed(address: IpAddress, *, private: bool) -> bool:
    if any(address in network for network in _ALWAYS_REFUSED if network.version == address.version):
        return False
    if address.is_multicast or address.is_link_local or address.is_unspecified:
        return False
    if any(address in network for network in _PRIVATE if network.version == address.version):
        return private
    return address.is_global and not address.is_reserved
