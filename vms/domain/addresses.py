"""Addresses that no camera has, and this host's own. Pure.

Who resolves a camera's name asks here before it connects, and so does who reads a file.

What a URL leads to is asked for pictures from inside the network: a name that somebody else points at a service of the
host or of its cloud must lead nowhere. Sources: RFC 6890 (special purposes), the clouds' own pages on their metadata.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Besides 169.254.169.254, which is link-local: Amazon over IPv6, Alibaba, Azure's host.
_METADATA = {ipaddress.ip_address(one) for one in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")}
#: IPv4 addresses that travel in IPv6 ones (RFC 6052), besides those that Python knows.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")


def parse(host: str) -> Address | None:
    """The address that ``host`` is; None when it is a name. An IPv4 address inside an IPv6 one is taken out."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found in _TRANSLATED:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found


def refusal(address: Address) -> str | None:
    """What it is instead of a camera's; None when a camera may have it, as one of this host's own may, too."""
    if address in _METADATA or address.is_link_local:
        return "link-local or a cloud's metadata service"
    if address.is_multicast:
        return "a multicast address"
    if address.is_loopback:
        return None
    if address.is_unspecified or address in _THIS_NETWORK:
        return "no address of anybody"
    if address.version == 4 and address.is_reserved:
        return "broadcast or reserved"
    return None


def is_this_host(host: str) -> bool:
    """Whether ``host`` is this one by its address or as ``localhost``: what goes there is on no network."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
