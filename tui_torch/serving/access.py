"""Which pages may open a connection: those that this server itself sent, and no page of another site."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Where browsers reach the server."""

    host: str
    """The host that it listens on."""
    port: int
    url: str | None = None
    """What browsers are told to open, where something in between (TLS, a tunnel) has another address."""

    @property
    def origin(self) -> str:
        """What the addresses of learners begin with."""
        if self.url is not None:
            return _origin(self.url)
        host = self.host if self._names_one else "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine reaches it."""
        return is_loopback(self.host)

    def serves(self, host: str) -> bool:
        """Whether a request that names this host (`Host`) is meant for here.

        A site of somebody else can give its own name the address of this machine, and its pages would then be of one
        origin with this server.
        """
        if self.url is not None and host == urlsplit(self.url).netloc:
            return True
        if not self._names_one:
            return True
        names = {self.host, "localhost", "127.0.0.1", "[::1]"} if self.is_loopback else {self.host, f"[{self.host}]"}
        return host in {f"{name}:{self.port}" for name in names} or (self.port == 80 and host in names)

    def trusts(self, origin: str | None, host: str) -> bool:
        """Whether a page of this origin, None if it does not say which, may speak to the server by this host."""
        if not self.serves(host) or origin is None:
            return False
        if self.url is not None and origin == _origin(self.url):
            return True
        return origin == f"http://{host}"

    @property
    def _names_one(self) -> bool:
        try:
            return not ipaddress.ip_address(self.host).is_unspecified
        except ValueError:
            return True


def is_loopback(host: str) -> bool:
    """Whether only this machine itself reaches a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
