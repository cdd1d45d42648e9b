"""Where a webhook may go: the address is parsed strictly, resolved once, and judged by what it resolves to.

Whoever sets up a webhook makes this server send requests; so nothing inside its own network is reached (OWASP,
"Server-Side Request Forgery") unless the installation allows it. The caller connects to the addresses returned here and
resolves nothing again: a name that changes in between (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS = {"https": 443, "http": 80}
FIRST_FREE_PORT = 1024  # below it live mail, shells and the like, which a request could talk to
MAX_URL = 2000
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class BadAddress(ValueError):
    """The address cannot be one of a webhook, or may not be; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed address. host: lower case, in ASCII, without brackets. path: with the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Return the parts of a webhook's address. Raises BadAddress."""
    if len(url) > MAX_URL:
        raise BadAddress(f"Give an address of at most {MAX_URL} characters.")
    if any(ord(c) <= 0x20 or ord(c) == 0x7F for c in url):
        raise BadAddress("There is a blank in the address.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if "[" not in parts.netloc else parts.hostname or ""
    except ValueError as e:  # UnicodeError is one
        raise BadAddress(f"This is no address: {e}.") from e
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise BadAddress("Give an address that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("Leave name and password out of the address; the signature says who sends.")
    if parts.fragment:
        raise BadAddress("Leave out what follows #; it is never sent.")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port < FIRST_FREE_PORT and port not in DEFAULT_PORTS.values():
        raise BadAddress(f"Port {port} is not one of a web server: use 443, 80, or one from {FIRST_FREE_PORT} on.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise BadAddress("Write what is not ASCII in the address as %XX.")
    return Target(parts.scheme, host.lower(), port, path)


def resolve(target: Target, allowed: Sequence[Network]) -> list[str]:
    """Return the IP addresses of the target's host, to connect to and to nothing else.

    allowed: networks that are not public and that may be reached all the same. Raises BadAddress when one of the
    addresses may not be reached, or when nothing is found.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        raise BadAddress(f"The name {target.host} cannot be resolved ({e}).") from e
    addresses = [ipaddress.ip_address(str(sockaddr[0]).partition("%")[0]) for *_rest, sockaddr in found]
    for address in addresses:
        _require_reachable(target, address, allowed)
    return list(dict.fromkeys(map(str, addresses)))


def _require_reachable(target: Target, address: Address, allowed: Sequence[Network]) -> None:
    if any(_is_within(inner, allowed) for inner in _meant(address)):
        return
    if not all(inner.is_global and not inner.is_multicast for inner in _meant(address)):
        found = str(address) if str(address) == target.host else f"{target.host} is {address}: that"
        raise BadAddress(
            f"{found} is not a public address. Whoever runs this installation can allow its network with "
            "INVEX_WEBHOOK_ALLOW."
        )
    if target.scheme != "https":
        raise BadAddress("Results leave the house over https only; http is for networks in INVEX_WEBHOOK_ALLOW.")


def _meant(address: Address) -> list[Address]:
    """Return the address, and the IPv4 address within it where it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]  # the very same host
    inner = [address.sixtofour, address.teredo[1] if address.teredo else None]
    if address in NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in inner if one is not None)]


def _is_within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
