"""What pytest-xdist starts as a test process: it stands for a fork; see `tests/workers/__init__.py`.

Its first argument is where it connects to; the others are what Python would have been given.
"""

import json
import os
import signal
import socket
import sys


def is_welcome(link: socket.socket) -> bool:
    """Whether there will be a fork. There is none where what is to be imported cannot be."""
    try:
        link.connect(sys.argv[1])
        return link.recv(8) == b"welcome"
    except OSError:
        return False


def main() -> None:
    """End as the fork does."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if not is_welcome(link):
        os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the fork hears it, too
    # The environment is that of now: plugins have added to it since the process that forks was started.
    environment = os.memfd_create("environment")
    os.pwrite(environment, json.dumps(dict(os.environ)).encode(), 0)
    socket.send_fds(link, [sys.argv[-1].encode()], [0, 1, environment])
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):  # so that the fork alone has the other ends of what pytest-xdist holds
        os.dup2(nothing, number)
    os._exit(int(link.recv(8) or b"1"))


main()
