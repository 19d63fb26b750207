"""What a run earns: how the attempt is recorded, and whether the step is done by it."""

from __future__ import annotations

from tui_torch.course.expected import expected_here
from tui_torch.course.lesson import AnyStep, Example, Exercise, Quiz
from tui_torch.protocol.events import Failed, Finished, Graded
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.work import AttemptOutcome
from tui_torch.tutor.study_session import Card, item_of

RIGHT: dict[AttemptOutcome, bool] = {"passed": True, "not passed": False, "failed": False}
"""Whether an exercise's attempt was right, by how it is recorded; other attempts say nothing of it."""


def attempt_outcome(finished: Finished, graded: Graded | None) -> AttemptOutcome:
    """How the attempt is recorded: by its grade where it has one, else by how the run ended."""
    if finished.outcome == "ok" and graded is not None:
        return "passed" if graded.passed else "not passed"
    return finished.outcome


def failed_at(failed: Failed | None, graded: Graded | None) -> str | None:
    """What an attempt failed at: the class of what was raised, or the first check that it did not pass."""
    if failed is not None and failed.in_step is None:
        return failed.error
    return next(iter(graded.failing), None) if graded is not None else None


def completes_step(step: AnyStep, finished: Finished, failed: Failed | None, graded: Graded | None) -> bool:
    """Whether a run makes its step done.

    An example is done when it ran, or raised the error that it is there to show; an exercise when it passed. A quiz is
    done by its answer, never by a run.
    """
    match step:
        case Example():
            wanted = expected_here(step.expect)[0].raises
            raised = failed.error if failed and failed.in_step is None else None
            return finished.outcome == "ok" or (raised is not None and raised == wanted)
        case Exercise():
            return graded is not None and graded.passed
        case Quiz():
            return False


def keep_time(progress: Progress, card: Card, graded: Graded | None) -> None:
    """Keep how long a right answer takes, where its exercise measures that; what practice took counts there, too."""
    if graded is not None and graded.passed and (measured := graded.measured) is not None:
        progress.record_time(item_of(card.key), card.step.id, measured.seconds, measured.reference_seconds)
