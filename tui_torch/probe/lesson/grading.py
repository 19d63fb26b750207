"""Running an exercise's checks on what the learner's code left, and saying what each saw and wanted."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType
from typing import Any

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.errors.origins.messages import message_of
from tui_torch.probe.isolation.undisturbed import output_discarded, random_state_kept, warnings_ignored
from tui_torch.probe.lesson.arena.time_limit import TooSlowError
from tui_torch.probe.lesson.namespace import seed
from tui_torch.probe.lesson.rerun import NotRerunError, rerun_of
from tui_torch.probe.lesson.shown_values import SHOWN, Showing, shown
from tui_torch.probe.lesson.slips import slip
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.values.evaluate import ERROR, error_line
from tui_torch.probe.values.short_repr import class_name, plain, short_repr
from tui_torch.protocol.events import CheckResult, Graded
from tui_torch.protocol.grading.asked import GradedBy
from tui_torch.protocol.orders import STOPPED

_NOTE_VALUE = "__note_value__"
"""The name of the function that a rewritten assert calls with each value it compares."""
PARSED = 64
"""Maximum number of checks of which it is kept how they are parsed: one exercise is tried again and again."""
_VALUE = 120
"""Maximum characters of a value or an expression in a message."""
_ATTRIBUTE = re.compile(r"The values for attribute '(.+?)' do not match: (.+) != (.+?)\.?$", re.MULTILINE)

_SIZE = re.compile(r"torch\.Size\((.*)\)")
_NONE_TYPE = re.compile(r"(?:\ba )?(['\"]?)\bNoneType\b\1")
"""The name of None's type, as a check writes it that tells what kind of value it saw."""


def grade(
    checks: Sequence[tuple[str, str]],
    namespace: Mapping[str, object],
    source: str,
    output: str,
    by: GradedBy | None = None,
) -> Graded:
    """Run each check in a shallow copy of the namespace; a check passes if it raises nothing.

    `torch`, `np`, `source`, `output`, `rerun` (see `Rerun`) and `slip` are bound there too. Each check begins seeded
    with 0 and with gradients on. Random state is put back afterwards, and what checks print is discarded. An interrupt
    fails the check that it stops, and those after it do not run. Raises nothing.

    Args:
        checks: (name, code) pairs.
        namespace: What the learner's code left.
        source: The learner's code.
        output: What it printed.
        by: What it is held to besides; None for the checks alone.
    """
    rerun = rerun_of(source, namespace)
    given = {"torch": torch, "np": np, "source": source, "output": output, "rerun": rerun, "slip": slip}
    given |= {SHOWN: shown}
    names = {**namespace, **given}
    if by is not None:
        from tui_torch.probe.lesson.arena.answers import graded_by

        with random_state_kept():
            return graded_by(checks, names, source, by, _check)
    results: list[CheckResult] = []
    with random_state_kept():
        for name, code in checks:
            try:
                results.append(_check(name, code, dict(names)))
            except KeyboardInterrupt:
                results.append(CheckResult(name, False, STOPPED, was_stopped=True))
                break
    return Graded(tuple(results))


def _check(name: str, code: str, namespace: dict[str, Any]) -> CheckResult:
    values: dict[str, object] = {}
    nones = frozenset(name for name, value in namespace.items() if value is None)
    namespace[_NOTE_VALUE] = lambda expression, value: values.__setitem__(expression, value) or value
    filename = f"<check {name}>"
    tree: ast.Module | None = None
    try:
        with ExitStack() as quiet:
            quiet.enter_context(output_discarded())
            quiet.enter_context(warnings_ignored())
            quiet.enter_context(torch.inference_mode(False))
            quiet.enter_context(torch.enable_grad())
            seed(0)
            tree, noting = _parsed(code, filename)
            # Compiled again each time: by the object of a code, torch.compile counts how often it compiled that.
            exec(compile(noting, filename, "exec", dont_inherit=True), namespace)
    except (KeyboardInterrupt, TooSlowError):
        raise
    except NotRerunError:  # nothing is known against the code
        pass
    except BaseException as error:
        return CheckResult(name, False, _message(error, _Failing(tree, filename, values, nones)))
    return CheckResult(name, True)


@lru_cache(maxsize=PARSED)
def _parsed(code: str, filename: str) -> tuple[ast.Module, ast.Module]:
    """A check as it is written, and as it notes the values that its asserts compare; neither is to be changed."""
    rewritten = Showing().visit(_Noting().visit(ast.parse(code, filename)))
    return ast.parse(code, filename), ast.fix_missing_locations(rewritten)


class _Noting(ast.NodeTransformer):
    """Rewrites asserts without a message so that they note the values they compare.

    To evaluate an expression again, in order to say what it was, may give another value.
    """

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        if node.msg is None:
            for owner, field in _compared(node):
                part = getattr(owner, field) if isinstance(field, str) else owner[field]
                noted = ast.copy_location(_note(part), part)
                if isinstance(field, str):
                    setattr(owner, field, noted)
                else:
                    owner[field] = noted
        return node


def _note(part: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(_NOTE_VALUE, ast.Load()), [ast.Constant(ast.unparse(part)), part], [])


def _compared(node: ast.Assert) -> list[tuple[Any, str | int]]:
    """The places, (owner, field or index), of the expressions whose values explain an assert."""
    match node.test:
        case ast.Compare(comparators=others) as test:
            return [(test, "left"), *((others, index) for index in range(len(others)))]
        case ast.UnaryOp(op=ast.Not()) as test:
            return [(test, "operand")]
        case ast.Call(args=arguments) if arguments and not any(isinstance(a, ast.Starred) for a in arguments):
            return [(arguments, index) for index in range(min(2, len(arguments)))]
        case ast.Call() | ast.Constant():
            return []
        case _:
            return [(node, "test")]


@dataclass(frozen=True, slots=True)
class _Failing:
    """A check that failed."""

    tree: ast.Module | None
    """Its code; None if it is not Python."""
    filename: str
    values: Mapping[str, object]
    """The values that its asserts noted."""
    nones: frozenset[str]
    """The names that the learner's code left as None."""

    def statement(self, line: int) -> ast.stmt | None:
        """The innermost statement at a line; None if there is none."""
        found = None
        for node in ast.walk(self.tree) if self.tree else ():
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
                found = node
        return found

    def none_in(self, statement: ast.stmt | None) -> str:
        """Name what a statement reads and the learner's code left as None: `loader` is None."""
        read = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)] if statement else []
        absent = [f"`{name}`" for name in dict.fromkeys(read) if name in self.nones]
        return f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} None" if absent else ""


def _message(error: BaseException, failing: _Failing) -> str:
    frames = _frames(error)
    line = next((line for frame, line in reversed(frames) if frame.f_code.co_filename == failing.filename), 0)
    of_its_own = bool(frames) and frames[-1][0].f_code.co_filename == failing.filename
    if isinstance(error, NameError) and error.name and of_its_own:
        return plain(f"{error_line(error)}: your code has not made `{error.name}`", ERROR)
    statement = failing.statement(line)
    if not isinstance(error, AssertionError):
        asked = [line for frame, line in reversed(frames) if frame.f_code.co_filename == failing.filename]
        found = (failing.none_in(failing.statement(line)) for line in asked) if of_its_own else ()
        absent = next(filter(None, found), "") if "NoneType" in message_of(error) else ""
        return plain(f"{error_line(error)}: {absent}", ERROR) if absent else error_line(error)
    comparison = next((frame for frame, _ in frames if _is_assert_close(frame)), None)
    if comparison is not None:
        return plain(_not_close(message_of(error), comparison, statement), ERROR)
    text = message_of(error)
    if text:
        # The message of a library's comparison has many lines.
        return plain(_NONE_TYPE.sub("None", text) if of_its_own else "\n".join(_lines(text)[:2]), ERROR)
    if isinstance(statement, ast.Assert) and of_its_own:
        return plain(_false(statement, failing.values), ERROR)
    return "an assert failed inside your code"


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    frames: list[tuple[FrameType, int]] = []
    traceback = error.__traceback__
    while traceback is not None:
        frames.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _false(statement: ast.Assert, values: Mapping[str, object]) -> str:
    """A sentence such as: `w.grad == 3` is false: `w.grad` is tensor(6.)."""
    sentence = f"`{plain(ast.unparse(statement.test), _VALUE)}` is false"
    parts = [getattr(owner, field) if isinstance(field, str) else owner[field] for owner, field in _compared(statement)]
    seen = [
        f"`{plain(expression, _VALUE)}` is {_shown(values[expression])}"
        for part in parts
        if (expression := ast.unparse(part)) in values and not _is_literal(part)
    ]
    return f"{sentence}: {', '.join(dict.fromkeys(seen))}" if seen else sentence


def _is_literal(part: ast.expr) -> bool:
    try:
        ast.literal_eval(part)
    except (ValueError, TypeError):
        return False
    return True


def _shown(value: object) -> str:
    return short_repr(value, _VALUE) or an(class_name(value))


def _is_assert_close(frame: FrameType) -> bool:
    code = frame.f_code
    return code.co_name == "assert_close" and frame.f_globals.get("__name__", "").startswith("torch.testing")


def _not_close(text: str, frame: FrameType, statement: ast.stmt | None) -> str:
    """A sentence such as: `w.grad` is tensor(6.), wanted tensor(3.). The check's own message, if it has one."""
    compared = local_names(frame)
    if compared.get("msg") is not None:
        return text
    name = _actual(statement)
    if attribute := _ATTRIBUTE.search(text):
        what, seen, wanted = (_SIZE.sub(r"\1", part).removeprefix("torch.") for part in attribute.groups())
        return f"{name} has {what} {seen}, wanted {wanted}"
    seen, wanted = _shown(compared.get("actual")), _shown(compared.get("expected"))
    lines = _lines(text)
    difference = next((line for line in lines if line.startswith(("Greatest absolute", "Absolute difference"))), "")
    if seen == wanted or "[" in seen.split("(")[0]:
        return f"{name} is not what was wanted: {difference or lines[0]}"
    return f"{name} is {seen}, wanted {wanted}"


def _actual(statement: ast.stmt | None) -> str:
    """The code of the first argument of the call of assert_close."""
    for node in ast.walk(statement) if statement else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("assert_close"):
            keyword = next((keyword.value for keyword in node.keywords if keyword.arg == "actual"), None)
            part = node.args[0] if node.args else keyword
            if part is not None:
                return f"`{plain(ast.unparse(part), _VALUE)}`"
    return "the value"
