"""Puts together the Markdown that a step shows: its text, and what was asked for since."""

from __future__ import annotations

from collections.abc import Sequence

from tui_torch.course.schema import Example, Exercise, Lesson, Quiz


def page_of(
    lesson: Lesson,
    step: Example | Quiz | Exercise,
    *,
    hints: Sequence[str] = (),
    solution: str | None = None,
    first: bool = False,
    last: bool = False,
    following: Lesson | None = None,
    in_course: bool = True,
) -> str:
    """A step as Markdown. The first step also carries the lesson's summary, the last what to read and do next."""
    parts: list[str] = []
    if step.title:
        parts.append(f"## {step.title}")
    if first:
        parts.append(f"*{lesson.summary}* About {lesson.minutes} minutes.")
    match step:
        case Example() | Exercise():
            parts.append(step.text)
        case Quiz():
            parts += [step.text] if step.text else []
            parts.append(f"**{step.question.strip()}**" if "`" not in step.question else step.question)
    if last:
        parts += _further(lesson)
        end = "That was the last lesson of the course." if in_course else "That was the last step."
        parts.append(f"Next: **{following.title}** (`n`)." if following else end)
    # What was asked for stands last, where the page is scrolled to.
    parts += [f"**Hint {number}.** {hint}" for number, hint in enumerate(hints, start=1)]
    if solution is not None:
        parts.append(f"**The solution**\n\n```python\n{solution.rstrip()}\n```")
    return "\n\n".join(part.strip() for part in parts)


def _further(lesson: Lesson) -> list[str]:
    if not lesson.further:
        return []
    links = "\n".join(f"- {link.title}: {link.url}" for link in lesson.further)
    return [f"### To read next\n\n{links}"]
