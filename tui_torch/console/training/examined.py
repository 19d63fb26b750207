"""Whether `tui-torch watch` works here: proved by a command that is watched."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from tui_torch.watching.child import CannotRunError
from tui_torch.watching.keeping.client import NotAttachedError, attach
from tui_torch.watching.keeping.start import NoKeeperError, start_run
from tui_torch.watching.run_folders import RunFolder

_ASKS = (
    "import sys; print('heard' if '_TorchFinder' in [type(finder).__name__ for finder in sys.meta_path] else 'deaf')"
)
"""Whether the recorder is told when torch is imported."""
_PATIENCE = 20.0


async def examine_watching() -> tuple[str, str | None]:
    """What was seen of it, and what to do; None where it works."""
    try:
        run = start_run([sys.executable, "-c", _ASKS])
    except OSError as error:
        return f"nothing is recorded: {error}", "make the data folder one that can be written: see home below"
    except (NoKeeperError, CannotRunError) as error:
        remedy = "a training that is watched ends with its terminal here; start it in tmux or with nohup"
        return f"no terminal of its own for a command: {error}", remedy
    try:
        printed = await asyncio.wait_for(_output_of(run), _PATIENCE)
    except (NotAttachedError, TimeoutError) as error:
        return f"a command that runs cannot be joined: {error}", "set TMPDIR to a folder where sockets can be made"
    finally:
        with suppress(OSError):
            run.delete()
    if b"heard" not in printed:
        remedy = "unset PYTHONPATH, or look for a sitecustomize in it; `python -I` is not recorded"
        return "the recorder is not loaded into Python", remedy
    return "records, and goes on without its terminal", None


async def _output_of(run: RunFolder) -> bytes:
    printed = b""
    async for output in (await attach(run)).output():
        printed = output.data if output.is_tail else printed + output.data
    return printed
