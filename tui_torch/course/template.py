"""The lesson that `tui-torch new` writes: complete as it is, with comments where an author fills in."""

from __future__ import annotations

import re
from pathlib import Path

from tui_torch.course.arena.template import PROBLEM
from tui_torch.course.naming import in_backticks


class CannotWriteError(Exception):
    """A new lesson cannot be written there; the message says why, and what would do."""


def lesson_file(name: str) -> Path:
    """The file of a new lesson. `name` is its id, or its path, with or without `.yaml`.

    Raises CannotWriteError when the name cannot be a lesson's id.
    """
    path = Path(name if name.endswith(".yaml") else f"{name}.yaml")
    if not re.fullmatch(r"[a-z0-9-]+", path.stem):
        raise CannotWriteError(
            f"{in_backticks(path.stem)} cannot be a lesson's id, expected lower-case letters, digits and hyphens"
        )
    return path


def write_lesson(path: Path, *, is_problem: bool = False) -> None:
    """Write a new lesson, or a problem of the arena, to a file that does not exist.

    Raises CannotWriteError when it does, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template(path.stem, is_problem=is_problem))
    except FileExistsError:
        raise CannotWriteError(f"there is a {path} already, expected a name that is not taken") from None
    except FileNotFoundError:
        raise CannotWriteError(f"there is no folder {path.parent}, expected one to write {path.name} into") from None
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written ({error.strerror})") from None


def template(lesson_id: str, *, is_problem: bool = False) -> str:
    """The YAML of a new lesson, or of a problem of the arena, with that id."""
    title = lesson_id.replace("-", " ").strip().capitalize() or lesson_id
    return (PROBLEM if is_problem else _TEMPLATE).replace("LESSON-ID", lesson_id).replace("LESSON-TITLE", f'"{title}"')


_TEMPLATE = """\
# A lesson: one idea that is shown, predicted, changed, practised and summed up.
# It is complete as it is. Replace it piece by piece, and look at it as you go:
#   tui-torch launch FILE    shows it, and again each time you save it
#   tui-torch check FILE     proves that it does what it says
# Both ask whether its code may run; with --trust they do not.
schema: 1
id: "LESSON-ID"          # the file's name without .yaml
title: LESSON-TITLE
summary: Numbers below a bound are raised to it.   # the idea, in one sentence
minutes: 8               # with the reading, the thinking and the exercise
# requires: [an-id]      # lessons that stand before it in the course.yaml of its course, by their ids
sources: []              # the pages that it rests on: {title: …, url: "https://…"}
further:                 # the pages to read afterwards
  - title: torch.clamp
    url: "https://pytorch.org/docs/stable/generated/torch.clamp.html"
setup: |                 # runs first; every step finds these names
  import torch

  t = torch.tensor([-2.0, 0.5, 3.0])

steps:
  # 1. Shown. Say what one can do afterwards, and why that matters. Then the
  # number, and after it the name. Short: it is read beside the code.
  - id: cut-off          # progress is kept by this name: leave it once chosen
    kind: example
    title: What clamp cuts off
    text: |
      After this lesson you can keep numbers within bounds, as the most
      common layer between two linear ones does.

      -2 becomes 0; 0.5 and 3 stay. `clamp(min=0)` raises whatever is below
      0 **to** 0, element by element.
    code: |
      low = t.clamp(min=0)
      print(low)
    pin: [t, low]        # the values to show on top, any expressions
    expect:              # what `check` proves; `...` stands for anything
      output: |
        tensor([0.0000, 0.5000, 3.0000])
      values:
        low.shape: [3]
      # Where releases of PyTorch differ, `versions` says what holds in some:
      #   versions: [{torch: ">=2.15", output: "tensor(...)"}]

  # 2. Predicted. Each wrong choice is one that somebody really makes, and its
  # `because` says what is wrong with the thought behind it.
  - id: both-ends
    kind: quiz
    title: Both ends
    question: "What is `t.clamp(min=0, max=1)`?"
    choices:
      - text: "`[0, 0.5, 1]`"
        correct: true
        because: "-2 is raised to 0, and 3 is lowered to 1."
      - text: "`[0.5]`"
        because: "`clamp` removes nothing: the shape stays, the numbers change."
      - text: "`[0, 0.1, 1]`"
        because: "Nothing is rescaled: 0.5 lies within the bounds, and stays."
    code: |              # runs after the answer, and settles it
      print(t.clamp(min=0, max=1))
    expect:
      output: |
        tensor([0.0000, 0.5000, 1.0000])

  # 3. Changed. The same idea where it does not behave as one would think.
  - id: a-new-tensor
    kind: example
    title: The tensor itself stays
    text: |
      `t` is as it was: `clamp` gives a **new** tensor. `clamp_`, with an
      underscore at its end, changes the one that it is called on.

      Change the 0 to -1 and run it again: which number moves?
    code: |
      kept = t.clone()
      kept.clamp(min=0)
      print(kept)
      kept.clamp_(min=0)
      print(kept)
    pin: [kept, t]
    expect:
      output: |
        tensor([-2.0000,  0.5000,  3.0000])
        tensor([0.0000, 0.5000, 3.0000])

  # 4. Practised. Say what the answer holds when it is right; never how.
  - id: percentages
    kind: exercise
    title: Percentages
    text: |
      A model answered with percentages, and some are impossible. Make
      `fixed`: below 0 is 0, above 100 is 100, and `raw` stays as it is.
    starter: |
      raw = torch.tensor([-5.0, 42.0, 130.0])
      fixed = raw
    solution: |
      raw = torch.tensor([-5.0, 42.0, 130.0])
      # Both bounds at once, into a tensor of its own.
      fixed = raw.clamp(min=0, max=100)
    pin: [fixed, raw]
    # Checks test different things. A message says what was seen, and what was
    # wanted. A check runs after the learner's code, and fails when it raises.
    checks:
      - name: nothing is below 0
        code: |
          seen = fixed.min().item()
          assert seen == 0, f"the smallest is {seen}; wanted 0.0"
        hint: "One bound is for the small ones: `min`."
      - name: nothing is above 100
        code: |
          seen = fixed.max().item()
          assert seen == 100, f"the largest is {seen}; wanted 100.0"
        hint: "The other bound is for the large ones: `max`."
      - name: raw is as it was
        code: |
          seen = (raw.tolist(), fixed is raw)
          assert seen == ([-5.0, 42.0, 130.0], False), (
              f"raw, and whether it is fixed: {seen}; "
              f"wanted [-5.0, 42.0, 130.0], and two tensors")
        hint: "`fixed` is a new tensor. A name with `_` at its end changes the old one."
    hints:               # a nudge, a bigger nudge, nearly the line
      - "One call does both bounds at once."
      - "It is the `clamp` of the steps before, with other numbers."
      - "`raw.clamp(min=…, max=…)`, and `fixed` holds what it gives."
    # Right answers in other styles. `check` proves that each passes: a check that
    # knows one way to write it fails whoever writes it another way.
    also:
      - |
        raw = torch.tensor([-5.0, 42.0, 130.0])
        fixed = torch.clamp(raw, 0.0, 100.0)
      - |
        raw = torch.tensor([-5.0, 42.0, 130.0])
        fixed = torch.where(raw < 0, 0.0, raw)
        fixed[fixed > 100] = 100
      - |
        raw = torch.tensor([-5.0, 42.0, 130.0])
        fixed = torch.tensor([min(max(n, 0), 100) for n in raw.tolist()])
    # Answers that people really give. `check` proves that each is caught by the
    # check that it names, or `raises` the error that it names in place of it;
    # whoever gives it reads what it `says`.
    mistakes:
      - code: |
          raw = torch.tensor([-5.0, 42.0, 130.0])
          fixed = raw.clamp(min=0)
        fails: nothing is above 100
        says: "You gave one bound. 130 is still there: `max=100` lowers it."
      - code: |
          raw = torch.tensor([-5.0, 42.0, 130.0])
          fixed = raw.clamp_(min=0, max=100)
        fails: raw is as it was
        says: "`clamp_` changed `raw` itself. Without the `_` you get a new tensor."
      - code: |
          raw = torch.tensor([-5.0, 42.0, 130.0])
          fixed = clamp(raw, 0, 100)
        raises: NameError
        says: "`clamp` belongs to the tensor, or to `torch`: write `raw.clamp(…)`."

  # 5. Summed up, in five lines.
  - id: in-short
    kind: example
    title: In short
    text: |
      - `t.clamp(min=a, max=b)` raises to `a` and lowers to `b`.
      - One bound alone will do.
      - It goes element by element; the shape stays.
      - It gives a new tensor; `clamp_` changes the old one.
      - `clamp(min=0)` has a name of its own: `torch.relu`.
    code: |
      print(torch.equal(t.clamp(min=0), torch.relu(t)))
    expect:
      output: |
        True
"""
