"""The socket that the server listens on, bound before anything is said of where it is."""

from __future__ import annotations

import socket


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on a host and a port, 0 for any that is free. Raises OSError when it cannot."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listens = socket.socket(family, kind, protocol)
    try:
        listens.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listens.bind(address)
        listens.listen(128)
    except BaseException:
        listens.close()
        raise
    return listens
