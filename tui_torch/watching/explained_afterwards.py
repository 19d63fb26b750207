"""Asks for the explanation of an error of a training that is over."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from tui_torch.protocol import wire
from tui_torch.protocol.events import Explanation, Failed

_PATIENCE = 60.0
"""Seconds after which no explanation is waited for: importing PyTorch takes most of them."""
_LARGEST = 2**20
"""Maximum size of a file that is read, in bytes."""


async def explained_afterwards(failed: Failed) -> Explanation | None:
    """The explanation of an error that a record has, by a process of its own, which imports PyTorch.

    None where the line has changed since, where no rule knows the error, and where that process fails.
    """
    source = _source(failed)
    if source is None:
        return None
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tui_torch.probe.watch.afterwards"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        question = json.dumps({"failed": wire.encode(failed), "source": source}).encode()
        answer, _ = await asyncio.wait_for(process.communicate(question), _PATIENCE)
        payload = json.loads(answer)
        return None if payload is None else wire.decode(Explanation, payload)
    except (ValueError, TimeoutError):
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _source(failed: Failed) -> str | None:
    """The text of the file that an error was raised in, if its line is as it was."""
    frame = failed.frames[-1] if failed.frames else None
    if frame is None or frame.file is None:
        return None
    path = Path(frame.file)
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        source = path.read_text("utf-8")
    except (OSError, ValueError):
        return None
    lines = source.splitlines()
    return source if 0 < frame.line <= len(lines) and lines[frame.line - 1].strip() == frame.code else None
