"""Which addresses of the internet a server may go to for somebody else: public ones, and no detours to inner ones."""

import ipaddress
import socket

_DETOURS = tuple(
    map(
        ipaddress.ip_network,
        (
            "::/96",  # an IPv4 address in the oldest notation
            "::ffff:0:0/96",  # the same in the usual one
            "64:ff9b::/96",  # NAT64 (RFC 6052)
            "64:ff9b:1::/48",  # NAT64 of a network of its own (RFC 8215)
            "2001::/32",  # Teredo
            "2002::/16",  # 6to4
            "192.88.99.0/24",  # its relays
        ),
    )
)


def outer_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, IPv4 first, if every one that its name has is a public one.

    Whatever connects must go to one of these and not ask for the name again: it may lead elsewhere by then.

    Raises:
        OSError: it has none, or one that leads inside.

    """
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if not found or not all(is_outer(address) for address in found):
        raise OSError("its name leads to an inner address")
    return sorted(found, key=lambda address: (":" in address, address))


def outer_address(host: str, port: int) -> str:
    """The first address of a host, if every one that its name has is a public one.

    Raises:
        OSError: it has none, or one that leads inside.

    """
    return outer_addresses(host, port)[0]


def is_outer(address: str) -> bool:
    """Whether an address is a public one, and not a detour to an inner one."""
    number = ipaddress.ip_address(address.partition("%")[0])
    return (
        number.is_global
        and not number.is_multicast
        and not number.is_reserved
        and not any(number in detour for detour in _DETOURS if detour.version == number.version)
    )
