"""Puts together the Markdown that a step shows: its text, and what was asked for since."""

from __future__ import annotations

from collections.abc import Sequence

from tui_torch.course.schema import AnyStep, Example, Exercise, Lesson, Quiz


def page_of(
    step: AnyStep,
    hints: Sequence[str] = (),
    solution: str | None = None,
    *,
    before: str = "",
    after: str = "",
) -> str:
    """A step as Markdown, its hints and its solution below. `before` stands under its title, `after` at its end."""
    parts = [f"## {step.title}"] if step.title else []
    parts.append(before)
    match step:
        case Example() | Exercise():
            parts.append(step.text)
        case Quiz():
            parts += [step.text] if step.text else []
            parts.append(f"**{step.question.strip()}**" if "`" not in step.question else step.question)
    parts.append(after)
    # What was asked for stands last, where the page is scrolled to.
    parts += [f"**Hint {number}.** {hint}" for number, hint in enumerate(hints, start=1)]
    if solution is not None:
        parts.append(f"**The solution**\n\n```python\n{solution.rstrip()}\n```")
    return "\n\n".join(part.strip() for part in parts if part)


def about(lesson: Lesson) -> str:
    """What stands above a lesson's first step."""
    return f"*{lesson.summary}* About {lesson.minutes} minutes."


def ending(lesson: Lesson, following: Lesson | None, *, in_course: bool) -> str:
    """What stands below a lesson's last step: what to read, and where to go."""
    end = "That was the last lesson of the course." if in_course else "That was the last step."
    going_on = f"Next: **{following.title}** (`n`)." if following else end
    return "\n\n".join(filter(None, (further(lesson), going_on)))


def further(lesson: Lesson) -> str:
    """What to read next, as a list of links; empty where the lesson names nothing."""
    links = "\n".join(f"- {link.title}: {link.url}" for link in lesson.further)
    return f"### To read next\n\n{links}" if links else ""
