"""The learner's own editor: code goes there as a file, and comes back as it was saved."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tui_torch.protocol.late_dataclass import dataclass


class OwnEditorError(Exception):
    """There is no editor to open; the message is a sentence for the learner."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What came back from an editor."""

    code: str
    """As it was saved last, also by an editor that failed then."""
    says: str
    """What was not as it should be, in a sentence; empty where all was."""


def own_editor(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The command that `$VISUAL` names, or else `$EDITOR`, with its arguments. Raises OwnEditorError."""
    environment = os.environ if environment is None else environment
    for name in ("VISUAL", "EDITOR"):
        try:
            command = tuple(shlex.split(environment.get(name, "")))
        except ValueError:
            raise OwnEditorError(f"`${name}` has a quote that nothing closes.") from None
        if command:
            if shutil.which(command[0]) is None:
                raise OwnEditorError(f"`${name}` names {command[0]}, and there is no such program.")
            return command
    raise OwnEditorError("No editor is set: `export EDITOR=vim`, or another, before tui-torch starts.")


def edited_in(command: Sequence[str], code: str, name: str) -> Edited:
    """Open code in an editor that has the terminal, and wait until it is closed.

    `Edited` says what went wrong: an error raised here would leave the app without its terminal.

    Args:
        command: The editor; the path of the file is its last argument.
        name: The name of the file, without `.py`.
    """
    folder = Path(tempfile.mkdtemp(prefix="tui-torch-"))
    file = folder / f"{name}.py"
    try:
        file.write_text(code, "utf-8", newline="\n")
        with _keys_are_the_editors():
            ended = subprocess.run([*command, str(file)], check=False).returncode
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        return Edited(code, f"{command[0]} cannot be opened: {error.strerror}.")
    try:
        saved = file.read_text("utf-8")
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return Edited(code, f"{command[0]} left no file that can be read; your code is as it was.")
    except UnicodeDecodeError:
        return Edited(code, f"What {command[0]} saved cannot be read as UTF-8: it is still at {file}.")
    shutil.rmtree(folder, ignore_errors=True)
    how = _how_it_ended(command[0], ended) if ended else ""
    if saved == code:
        return Edited(code, f"{how}; your code is as it was." if how else "")
    return Edited(saved, f"{how}; what it had saved is here." if how else "")


def opened_in(command: Sequence[str], file: Path) -> str:
    """Open a file of the learner's in an editor that has the terminal, and wait until it is closed.

    Returns what was not as it should be, in a sentence; empty where all was.
    """
    try:
        with _keys_are_the_editors():
            ended = subprocess.run([*command, str(file)], check=False).returncode
    except OSError as error:
        return f"{command[0]} cannot be opened: {error.strerror}."
    return f"{_how_it_ended(command[0], ended)}." if ended else ""


def _how_it_ended(editor: str, ended: int) -> str:
    return f"{editor} ended with {f'exit code {ended}' if ended > 0 else f'signal {-ended}'}"


@contextmanager
def _keys_are_the_editors() -> Iterator[None]:
    """Have ctrl+c in the editor mean nothing here, and ctrl+z stop this program as it does any other.

    The driver's own answer to ctrl+z also stops a program that no shell could continue.
    """
    before = {signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None)}
    if sys.platform != "win32":
        before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
