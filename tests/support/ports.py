"""Ports that stay one's own while nobody listens on them."""

import socket


def kept_port() -> socket.socket:
    """A port that nobody else is given between two lives of a server.

    The socket is bound and does not listen: that keeps the system from handing the port out, and a
    server that asks for it by number gets it, as both allow it to be used again.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    return kept
