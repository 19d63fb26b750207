"""Code that goes to the learner's own editor and comes back, with programs that edit a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.ui.lesson.editing.own_editor import OwnEditorError, edited_in, own_editor


def by(script: str) -> tuple[str, ...]:
    """An editor that runs a script of the shell, in which `$0` is the file."""
    return ("sh", "-c", script)


def test_what_an_editor_saves_comes_back_also_when_it_fails_then() -> None:
    assert edited_in(by("echo 'y = 2' >> $0"), "x = 1\n", "a-step").code == "x = 1\ny = 2\n"
    failed = edited_in(by("echo 'y = 2' > $0; exit 3"), "x = 1\n", "a-step")
    assert (failed.code, failed.says) == ("y = 2\n", "sh ended with exit code 3; what it had saved is here.")


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (":", ""),
        ("exit 1", "sh ended with exit code 1; your code is as it was."),
        ("kill -9 $$", "sh ended with signal 9; your code is as it was."),
        ("rm $0", "sh left no file that can be read; your code is as it was."),
        (r"printf '\377' > $0", "What sh saved cannot be read as UTF-8: it is still at "),
    ],
)
def test_an_editor_that_saves_nothing_costs_nothing(script: str, says: str) -> None:
    edited = edited_in(by(script), "x = 1\n", "a-step")
    assert edited.code == "x = 1\n"
    assert edited.says.startswith(says)


def test_the_file_is_a_script_named_after_the_step_and_goes_when_the_editor_does() -> None:
    path = Path(edited_in(by("echo $0 > $0"), "", "a-step").code.strip())
    assert path.name == "a-step.py"
    assert not path.parent.exists()


def test_visual_comes_before_editor_and_a_missing_program_is_named() -> None:
    assert own_editor({"VISUAL": "sh -c", "EDITOR": "cat"}) == ("sh", "-c")
    assert own_editor({"VISUAL": "", "EDITOR": "cat"}) == ("cat",)
    for environment, said in (
        ({}, "No editor is set"),
        ({"EDITOR": "no-such-editor -w"}, "names no-such-editor"),
        ({"EDITOR": "vim 'x"}, "a quote that nothing closes"),
    ):
        with pytest.raises(OwnEditorError, match=said):
            own_editor(environment)
