"""The commands `watch` and `runs`. Imports that take time are inside them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tui_torch.refused import FAILED, USAGE, RefusedError


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--plain", is_flag=True, help="A line of text an event, which is what it does without this, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a line an event.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="How often to tell of the progress.",
)
@click.option(
    "--to", metavar="FILE", type=click.Path(path_type=Path), help="Add these lines to FILE, not to standard error."
)
@click.argument("command", metavar="COMMAND…", nargs=-1, type=click.UNPROCESSED)
def watch(command: tuple[str, ...], plain: bool, as_json: bool, every: float, to: Path | None) -> None:
    """Run COMMAND as itself, such as `python train.py` or `torchrun … train.py`, and record what it trains.

    Every Python of it that trains with PyTorch is recorded: losses, learning rates, gradient norms, step times, of
    each rank. Its output and its exit code stay its own. `-m pkg.train` stands for `python -m pkg.train`.
    """
    from tui_torch.console.training.watch import CannotWriteToError, with_python
    from tui_torch.console.training.watch import watch as watch_command
    from tui_torch.watching.child import CannotRunError

    if plain and as_json:
        raise RefusedError("--plain and --json exclude each other", USAGE)
    if not command or command == ("-m",):
        raise click.UsageError("Missing a command to run, such as `tui-torch watch python train.py`.")
    if command[0].startswith("-") and command[0] != "-m":
        raise click.NoSuchOption(command[0])
    try:
        sys.exit(watch_command(with_python(command), as_json=as_json, every=every, to=to))
    except CannotRunError as error:
        sentence = str(error)
        if command[0].endswith(".py"):
            sentence += f"; did you mean `tui-torch watch python {command[0]}`?"
        raise RefusedError(sentence, error.exit_code) from None
    except CannotWriteToError as error:
        raise RefusedError(str(error), USAGE) from None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the series of each process.")
@click.option("--delete", "deleted", metavar="RUN", help="Delete what is kept of a run; `latest` is the newest.")
def runs(as_json: bool, deleted: str | None) -> None:
    """List what was watched, each named by what differs between it and others of its program."""
    from tui_torch.console.plain import json_text, say
    from tui_torch.console.plain_console import plain_console
    from tui_torch.console.training.runs import runs_json, show_runs
    from tui_torch.watching.kept_runs import kept_runs
    from tui_torch.watching.run_folders import NoRunError, run_named

    if deleted is not None:
        try:
            run = run_named(deleted)
            run.delete()
        except NoRunError as error:
            raise RefusedError(str(error), USAGE) from None
        except OSError as error:
            raise RefusedError(f"{error.filename} cannot be deleted: {error.strerror}", FAILED) from None
        say(f"Deleted: {run.name}.", err=as_json)
        if not as_json:
            return
    if as_json:
        say(json_text(runs_json(kept_runs()), indent=2))
    else:
        show_runs(plain_console(), kept_runs())
