"""The system's clipboard, for terminals that do not pass on what the app copies (OSC 52), as many do not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from tui_torch.protocol.late_dataclass import dataclass

PATIENCE = 5.0
"""Seconds after which a program that takes what is copied is given up."""


@dataclass(frozen=True, slots=True)
class ClipboardProgram:
    """A program that copies its standard input."""

    command: tuple[str, ...]
    needs: str | None = None
    """The variable of the environment without which it has nothing to copy to."""
    encoding: str = "utf-8"


_DESKTOP = (
    ClipboardProgram(("pbcopy",)),
    # Without a byte order mark it takes what it is given for the code page of the console.
    ClipboardProgram(("clip.exe",), encoding="utf-16"),
    ClipboardProgram(("wl-copy",), "WAYLAND_DISPLAY"),
    ClipboardProgram(("xclip", "-selection", "clipboard", "-in"), "DISPLAY"),
    ClipboardProgram(("xsel", "--clipboard", "--input"), "DISPLAY"),
)
"""Those of macOS, Windows (and what runs Linux inside it), Wayland and X11, of which one is enough."""
_TMUX = ClipboardProgram(("tmux", "load-buffer", "-w", "-"), "TMUX")
"""tmux, as it is set at first, takes OSC 52 from no program inside it."""


def clipboard_programs(environment: Mapping[str, str]) -> tuple[ClipboardProgram, ...]:
    """The programs to give what is copied to, as far as they are installed; empty on most machines reached by SSH."""

    def works(program: ClipboardProgram) -> bool:
        is_set = program.needs is None or bool(environment.get(program.needs))
        return is_set and shutil.which(program.command[0], path=environment.get("PATH")) is not None

    desktop = next((program for program in _DESKTOP if works(program)), None)
    return tuple(program for program in (desktop, _TMUX if works(_TMUX) else None) if program is not None)


def copy(text: str) -> None:
    """Put a text into the system's clipboard, and into tmux's inside tmux; nothing happens where there is none.

    It may take as long as the programs do.
    """
    for program in clipboard_programs(os.environ):
        with suppress(OSError, subprocess.SubprocessError):
            # They stay in the background, with what they were started with, to hand the text over: nothing of the
            # terminal's may be among that.
            subprocess.run(
                program.command,
                input=text.encode(program.encoding, "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=False,
                start_new_session=sys.platform != "win32",
            )
