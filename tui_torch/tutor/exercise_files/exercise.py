"""One exercise and the file in which it is solved, and what the learner has written there."""

from __future__ import annotations

from pathlib import Path

from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.course.loader import LoadedFile
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.own_code import code_in


class UnreadableFileError(Exception):
    """The file of an exercise cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class ChosenExercise:
    """An exercise, and the file in which it is solved."""

    lesson: Lesson
    step: Exercise
    file: Path
    name: str
    """The file as it is called on the screen: without the folder that was named."""
    lesson_file: Path | None = None
    """The file of a lesson from outside the course."""
    loaded: LoadedFile | None = None
    """What was read from that."""
    is_of_arena: bool = False
    """Whether it is a problem of the arena, and of no lesson."""

    @property
    def title(self) -> str:
        """What it is called."""
        return title_of(self.lesson, self.step)

    def read(self) -> str:
        """The text of its file. Raises UnreadableFileError."""
        try:
            return self.file.read_text("utf-8")
        except FileNotFoundError:
            raise UnreadableFileError("it is not there") from None
        except OSError as error:
            raise UnreadableFileError(f"it cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise UnreadableFileError("it is not UTF-8") from None


def title_of(lesson: Lesson, step: Exercise) -> str:
    """What an exercise is called: by its lesson, too, where that has more than this step."""
    name = step.title or step.id.replace("-", " ").capitalize()
    return lesson.title if len(lesson.steps) == 1 else f"{lesson.title}: {name}"


def is_begun(text: str, step: Exercise) -> bool:
    """Whether the code is another than the starter."""
    return code_in(text).strip() != step.starter.strip()
