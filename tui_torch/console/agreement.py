"""Agreeing on the command line to run the code of lesson files from outside the course."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tui_torch.course.naming import on_one_line
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.trust import content_hash


class NotAgreedError(Exception):
    """Code from outside the course would run, and nobody has agreed to it; the message says what to do."""


def agree(
    files: Sequence[tuple[Path, bytes]],
    progress: Progress,
    ask: Callable[[str], bool] | None,
    *,
    is_program: bool = False,
) -> None:
    """Return once all files may run. What was agreed to, here or in the app, is not asked about again.

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
        return
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
