"""Has `torchrun` put each rank's number before the lines that it writes, which else are mixed within a line.

By `torchrun`'s own means: its options `--tee` and `--log-dir`, as defaults that it takes from the environment. What its
user says of them counts. Imports the standard library alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePath

OUTPUT_FOLDER = "output-of-ranks"
"""In the folder of a run: what the ranks write, until the command ends. `torchrun` reads it from there."""
_PREFIX = "TORCHELASTIC_LOG_LINE_PREFIX_TEMPLATE"
_OWN = ("PET_TEE", "PET_REDIRECTS", "PET_LOG_DIR", "PET_LOCAL_RANKS_FILTER")
_OWN_OPTIONS = {"-t", "--tee", "-r", "--redirects", "--log-dir", "--log_dir"}
_LAUNCHERS = {"torchrun", "torch.distributed.run", "torch.distributed.launch"}
_STANDARD_OUTPUT, _BOTH = "1", "3"


def tagged(
    environment: Mapping[str, str], command: Sequence[str], run_folder: Path, *, are_bars_drawn: bool
) -> dict[str, str]:
    """An environment in which `torchrun` tags the output of ranks; the same where it is not called, or told otherwise.

    Args:
        environment: That of the command.
        command: What is run.
        run_folder: Where the output is kept meanwhile.
        are_bars_drawn: Whether standard error is a terminal. `torchrun` makes a line of each state of a progress bar,
            and these are written there: only standard output is tagged then.
    """
    of_launcher = list(takewhile(lambda argument: not argument.endswith(".py"), command))
    options = {argument.partition("=")[0] for argument in of_launcher}
    if any(name in environment for name in _OWN) or options & _OWN_OPTIONS:
        return dict(environment)
    if _LAUNCHERS.isdisjoint(PurePath(argument).name for argument in of_launcher):
        return dict(environment)
    return {
        _PREFIX: "[rank ${rank}] ",
        **environment,
        "PET_TEE": _STANDARD_OUTPUT if are_bars_drawn else _BOTH,
        "PET_LOG_DIR": str(run_folder / OUTPUT_FOLDER),
    }


def drop_output(run_folder: Path) -> None:
    """Delete what the ranks have written: it has been shown. Raises nothing."""
    shutil.rmtree(run_folder / OUTPUT_FOLDER, ignore_errors=True)
