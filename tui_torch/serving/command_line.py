"""The command `tui-torch serve`: the app in a browser, for those who have no terminal."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.serving.access import PublicAddress
    from tui_torch.serving.learners import ServedLearner

_LEAST_GB, _MOST_GB = 0.5, 1_000_000
"""As for `memory` in config.toml."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0: any that is free.")
@click.option(
    "--learner", "chosen", metavar="NAME", multiple=True, help="A learner with a home of its own; repeatable."
)
@click.option(
    "--learners",
    "file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a learner's name on each line.",
)
@click.option(
    "--sessions", type=click.IntRange(1), default=10, show_default=True, help="How many may be there at once."
)
@click.option(
    "--memory",
    metavar="GB",
    type=click.FloatRange(_LEAST_GB, _MOST_GB),
    help="What the code of each may use; otherwise an equal part of three quarters of what is free.",
)
@click.option("--url", metavar="URL", help="Where browsers reach it, where that is elsewhere: `https://learn.example`.")
@click.option("--new-tokens", is_flag=True, help="Give learners new addresses; those from before lead nowhere.")
def serve(
    host: str,
    port: int,
    chosen: tuple[str, ...],
    file: Path | None,
    sessions: int,
    memory: float | None,
    url: str | None,
    new_tokens: bool,
) -> None:
    """Show the app in browsers, to those who have no terminal.

    Prints an address for each learner, or one for you. Whoever has an address runs code on this machine as you do, so
    only this machine is listened to unless --host says otherwise.
    """
    if sys.platform == "win32":
        raise RefusedError("`tui-torch serve` needs the terminals of Linux or macOS; run it inside WSL", USAGE)
    if importlib.util.find_spec("textual_serve") is None or importlib.util.find_spec("aiohttp") is None:
        raise RefusedError(
            "the page in the browser needs the package textual-serve; install it with `pip install textual-serve`",
            FAILED,
        )
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        raise RefusedError(f"--url is {url!r}, and it needs to be like https://learn.example", USAGE)
    from tui_torch.serving.access import PublicAddress
    from tui_torch.serving.learners import read_names, served_learners
    from tui_torch.tutor.user_files import data_folder

    try:
        names = read_names(chosen, file)
        learners = served_learners(names, data_folder(), new_tokens=new_tokens)
    except UnicodeDecodeError:
        raise RefusedError(f"{file} is not text in UTF-8; it needs a learner's name on each line", USAGE) from None
    except ValueError as wrong:
        raise RefusedError(str(wrong), USAGE) from None
    except OSError as error:
        raise RefusedError(f"{error.filename} cannot be used ({error.strerror})", FAILED) from None
    if memory is None:
        from tui_torch.kernel.memory_limit import GB, usual_limit

        at_once = min(sessions, len(learners))
        memory = max(usual_limit() / at_once / GB, _LEAST_GB)
    asyncio.run(_serve(learners, PublicAddress(host, port, url), sessions, int(memory * 1_000_000_000)))


async def _serve(learners: Sequence[ServedLearner], address: PublicAddress, limit: int, memory: int) -> None:
    from aiohttp import web

    from tui_torch.serving.launching import AppLauncher
    from tui_torch.serving.listening import listening_socket
    from tui_torch.serving.server import TutorServer
    from tui_torch.serving.sessions import Sessions

    try:
        listens = listening_socket(address.host, address.port)
    except OSError as error:
        said = (
            f"port {address.port} of {address.host} cannot be listened on ({error.strerror}); choose another by --port"
        )
        raise RefusedError(said, FAILED) from None
    address = replace(address, port=listens.getsockname()[1])
    server = TutorServer(learners, address, Sessions(AppLauncher(memory).start, limit))
    # Its log of requests would have the tokens.
    runner = web.AppRunner(server.application(), access_log=None)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:  # by nohup
            continue
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        await runner.setup()
        await web.SockSite(runner, listens).start()
        _announce(learners, address)
        await stopped.wait()
    finally:
        await runner.cleanup()


def _announce(learners: Sequence[ServedLearner], address: PublicAddress) -> None:
    from tui_torch.console.plain import say

    if not address.is_loopback:
        say(
            "tui-torch: other machines reach this server; whoever has an address below runs code here as "
            f"{os.environ.get('USER') or 'you'}.",
            err=True,
        )
    width = max(len(learner.name) for learner in learners)
    for learner in learners:
        name = f"{learner.name.ljust(width)}  " if learner.name else ""
        say(f"{name}{address.origin}/{learner.token}")
    say("Each address is for one learner alone. ctrl+c ends the server, and the work of each is kept.", err=True)
