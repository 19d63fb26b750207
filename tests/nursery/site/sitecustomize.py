"""Python imports this first in each process of an app that a test starts: a zygote is then forked by the nursery."""

import os
import sys


def _stand_for_a_fork(address: str) -> None:
    import json
    import socket

    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.connect(address)
    control, folder = int(sys.orig_argv[-1]), os.open(".", os.O_PATH)
    environment = dict(os.environ)
    if environment.pop("TUI_TORCH_NURSERY_HIDDEN", None):
        del environment["TUI_TORCH_NURSERY"]
        _, _, path = environment.pop("PYTHONPATH").partition(os.pathsep)  # of which the first is this folder
        if path:
            environment["PYTHONPATH"] = path
    asked = {"environment": environment, "command": sys.orig_argv, "app": os.getppid()}
    socket.send_fds(link, [json.dumps(asked).encode()], [0, 1, 2, control, folder])
    os.close(control)  # the fork alone has the other end of what the app holds
    os._exit(int(link.recv(8) or b"1"))


if "--zygote" in sys.orig_argv and "TUI_TORCH_NURSERY" in os.environ:
    _stand_for_a_fork(os.environ["TUI_TORCH_NURSERY"])
