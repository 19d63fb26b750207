"""Agreeing on the command line to run the code of lesson files from outside the course."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tui_torch.course.naming import on_one_line
from tui_torch.refused import USAGE, RefusedError
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.trust import content_hash


class NotAgreedError(Exception):
    """Code from outside the course would run, and nobody has agreed to it; the message says what to do."""


def check_trust(files: Sequence[tuple[Path, bytes]], *, ask: bool = True, is_program: bool = False) -> bool:
    """Refuse a command unless the code of these files may run; whether the learner has agreed to it just now.

    Args:
        files: Paths, and what was read from each.
        ask: Ask in the terminal, where there is one.
        is_program: They are one program, and no lessons.

    Raises RefusedError where it may not.
    """
    from tui_torch.console.plain import confirm
    from tui_torch.tutor.user_files import progress_file

    asks = confirm if ask and sys.stdin.isatty() and sys.stderr.isatty() else None
    with Progress.open(progress_file()) as progress:
        try:
            return agree(files, progress, asks, is_program=is_program)
        except NotAgreedError as error:
            raise RefusedError(str(error), USAGE) from None


def agree(
    files: Sequence[tuple[Path, bytes]],
    progress: Progress,
    ask: Callable[[str], bool] | None,
    *,
    is_program: bool = False,
) -> bool:
    """Return once all files may run, and whether that was asked about.

    What was agreed to, here or in the app, is not asked about again.

    Args:
        files: Paths, and what was read from each: that is agreed to, and has to be what runs.
        progress: Where it is kept what was agreed to.
        ask: Puts a question that is answered with yes or no; None where nobody is there to answer.
        is_program: They are one program, and no lessons.

    Raises:
        NotAgreedError: The code of one of them may not run.
    """
    hashes = {content_hash(content): path for path, content in files}
    new = {digest: path for digest, path in hashes.items() if not progress.trusted(digest)}
    if not new:
        return False
    first = on_one_line(str(next(iter(new.values()))))
    if len(new) == 1:
        they, its, them = f"{first} is", "its", "it"
    else:
        they, its, them = f"{len(new)} lessons, such as {first}, are", "their", "them"
    said = f"{they} not part of the course, and {its} code would run as you"
    if is_program:
        said = f"{first}, with the modules that it imports, would run as you"
    if ask is None:
        raise NotAgreedError(f"{said}; add --trust if you trust whoever wrote {them}")
    if not ask(f"{said}. Do you trust whoever wrote {them}?"):
        raise NotAgreedError("nothing was run; `--trust` runs it without asking")
    for digest in new:
        progress.trust(digest)
    return True
