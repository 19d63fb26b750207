"""The commands `watch` and `runs`. Imports that take time are inside them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_torch.console.amount import Amount
from tui_torch.refused import FAILED, USAGE, RefusedError

if TYPE_CHECKING:
    from tui_torch.watching.run_folders import RunFolder

_CHOSEN = "the list"
"""Stands for the run that is chosen from the list."""


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--plain", is_flag=True, help="A line of text an event beside its output, as without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a line an event.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=Amount("seconds"),
    default=10.0,
    show_default=True,
    help="How often to tell of the progress.",
)
@click.option(
    "--to", metavar="FILE", type=click.Path(path_type=Path), help="Add these lines to FILE, not to standard error."
)
@click.option("--detach", is_flag=True, help="Run COMMAND in a terminal of its own, and do not wait for it.")
@click.option(
    "--attach",
    "attached",
    metavar="[RUN]",
    is_flag=False,
    flag_value=_CHOSEN,
    help="Look at a run, while it goes on or when it is over; without RUN, choose one from the list.",
)
@click.argument("command", metavar="[COMMAND…]", nargs=-1, type=click.UNPROCESSED)
def watch(
    command: tuple[str, ...],
    plain: bool,
    as_json: bool,
    every: float,
    to: Path | None,
    detach: bool,
    attached: str | None,
) -> None:
    """Run COMMAND as itself, such as `python train.py` or `torchrun … train.py`, and record what it trains.

    Every Python of it that trains with PyTorch is recorded: losses, learning rates, gradient norms, step times, of
    each rank. Its output and its exit code stay its own. `-m pkg.train` stands for `python -m pkg.train`.

    In a terminal, COMMAND has one of its own and goes on without this one, also when the connection is lost; --attach
    comes back. There it is shown on a screen, which q leaves; with --plain its output passes through, all keys such as
    ctrl+c are for COMMAND, and ctrl+] leaves.
    """
    from tui_torch.console.training.watch import (
        CannotWriteToError,
        attach,
        has_terminal,
        is_in_terminal,
        with_python,
    )
    from tui_torch.console.training.watch import detach as detach_command
    from tui_torch.console.training.watch import watch as watch_command
    from tui_torch.watching.child import CannotRunError
    from tui_torch.watching.keeping.start import NoKeeperError

    if plain and as_json:
        raise RefusedError("--plain and --json exclude each other", USAGE)
    has_screen = has_terminal() and os.environ.get("TERM") != "dumb" and not (plain or as_json or to)
    if attached == _CHOSEN and len(command) == 1:  # as in `--attach --plain RUN`
        attached, command = command[0], ()
    if attached is not None:
        if command or detach:
            raise RefusedError("--attach joins a run, so it starts no command: `tui-torch watch --attach RUN`", USAGE)
        if has_screen:
            _attach(attached)
            return
        try:
            sys.exit(attach(_run_to_join(attached), as_json=as_json, every=every, to=to))
        except CannotWriteToError as error:
            raise RefusedError(str(error), USAGE) from None
    if not command and has_screen and not detach:
        _attach(_CHOSEN)
        return
    if not command or command == ("-m",):
        raise click.UsageError("Missing a command to run, such as `tui-torch watch python train.py`.")
    if command[0].startswith("-") and command[0] != "-m":
        raise click.NoSuchOption(command[0])
    try:
        if detach:
            detach_command(with_python(command), as_json=as_json)
        else:
            if has_screen and is_in_terminal() and (code := _on_screen(with_python(command))) is not None:
                sys.exit(code)
            sys.exit(watch_command(with_python(command), as_json=as_json, every=every, to=to))
    except CannotRunError as error:
        sentence = str(error)
        if command[0].endswith(".py"):
            sentence += f"; did you mean `tui-torch watch python {command[0]}`?"
        raise RefusedError(sentence, error.exit_code) from None
    except CannotWriteToError as error:
        raise RefusedError(str(error), USAGE) from None
    except NoKeeperError as error:
        raise RefusedError(f"--detach does not work here: {error}", FAILED) from None


def _on_screen(command: list[str]) -> int | None:
    from tui_torch.console.training.watch_screen import watch_on_screen

    return watch_on_screen(command)


def _run_to_join(name: str) -> RunFolder:
    """The run of a name, or the one that runs. Raises RefusedError, with a list of those that run."""
    from tui_torch.console.plain import say
    from tui_torch.console.training.runs import running_lines
    from tui_torch.watching.keeping.client import running_runs
    from tui_torch.watching.run_folders import NoRunError, run_named

    if name not in (_CHOSEN, "latest"):
        try:
            return run_named(name)
        except NoRunError as error:
            raise RefusedError(str(error), USAGE) from None
    running = running_runs()
    if not running:
        raise RefusedError("nothing that was watched runs now; `tui-torch runs` lists what has run", USAGE)
    if len(running) == 1 or name == "latest":
        return running[-1]
    for line in running_lines(running):
        say(line, err=True)
    raise RefusedError(
        f"{len(running)} run now; `tui-torch watch --attach {running[-1].short_name}` joins the last", USAGE
    )


def _attach(name: str) -> None:
    from tui_torch.console.training.watch_screen import open_watch_screen
    from tui_torch.watching.run_folders import NoRunError, run_named

    try:
        run = None if name == _CHOSEN else run_named(name)
    except NoRunError as error:
        raise RefusedError(str(error), USAGE) from None
    sys.exit(open_watch_screen(run))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the series of each process.")
@click.option("--delete", "deleted", metavar="RUN", help="Delete what is kept of a run; `latest` is the newest.")
@click.option("--overlay", "overlaid", is_flag=True, help="Draw RUN and the others over each other.")
@click.argument("named", metavar="[RUN…]", nargs=-1)
def runs(named: tuple[str, ...], as_json: bool, deleted: str | None, overlaid: bool) -> None:
    """List what was watched, each named by what differs between it and others of its program.

    With --overlay, draws the losses of the runs that are named: in a terminal on a screen, else as text.
    """
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.console.training.runs import runs_json, show_runs
    from tui_torch.watching.keeping.client import runs_now
    from tui_torch.watching.kept_runs import kept_runs
    from tui_torch.watching.run_folders import NoRunError, run_named

    if overlaid != bool(named):
        raise click.UsageError("--overlay takes the names of runs, which `tui-torch runs` lists.")
    if overlaid:
        _overlay(named)
        return
    if deleted is not None:
        try:
            run = run_named(deleted)
            if runs_now(run):
                raise RefusedError(
                    f"{run.in_words} runs still; what is kept of it can be deleted when it has ended", FAILED
                )
            called = run.in_words
            run.delete()
        except NoRunError as error:
            raise RefusedError(str(error), USAGE) from None
        except OSError as error:
            raise RefusedError(f"{error.filename} cannot be deleted: {error.strerror}", FAILED) from None
        say(f"Deleted: {called}.", err=as_json)
        if not as_json:
            return
    if as_json:
        say(json_text(runs_json(kept_runs()), indent=2))
    else:
        show_runs(plain_console(), kept_runs())


def _overlay(named: tuple[str, ...]) -> None:
    from tui_torch.console.encoding import speaks_unicode
    from tui_torch.console.plain_console import plain_console
    from tui_torch.console.training.runs import show_overlay
    from tui_torch.console.training.watch import has_terminal
    from tui_torch.console.training.watch_screen import open_watch_screen
    from tui_torch.watching.kept_runs import kept_run
    from tui_torch.watching.run_folders import NoRunError, run_named

    try:
        folders = [run_named(name) for name in dict.fromkeys(named)]
    except NoRunError as error:
        raise RefusedError(str(error), USAGE) from None
    if has_terminal():
        open_watch_screen(folders[0], [folder.name for folder in folders[1:]])
    else:
        show_overlay(plain_console(), [kept_run(folder) for folder in folders], ascii_only=not speaks_unicode())
