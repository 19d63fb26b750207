"""Errors of `torch.einsum`: letters, operands and sizes that do not agree."""

from __future__ import annotations

import ast
import re

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule
from tui_torch.protocol.shapes import shape_text


def _parts(case: ErrorCase) -> tuple[str, list[str], list[ast.expr]] | None:
    """The equation of the call, the letters of each operand, and the operands; None if they are not there to see."""
    call = case.call("einsum")
    if call is None or not call.args or any(isinstance(part, ast.Starred) for part in call.args):
        return None
    equation = case.find(call.args[0])
    operands = list(call.args[1:])
    if len(operands) == 1 and isinstance(operands[0], ast.List | ast.Tuple):
        operands = list(operands[0].elts)
    if type(equation) is not str:
        return None
    letters = [part.strip() for part in equation.partition("->")[0].split(",")]
    return equation, letters, operands


def _operand(case: ErrorCase, number: int) -> str:
    """`` `ij` for `x`, which is [2, 3] ``, or the number alone."""
    parts = _parts(case)
    if parts is None or number >= min(len(parts[1]), len(parts[2])):
        return f"operand {number}"
    operand = parts[2][number]
    shape = case.shape(operand)
    held = f", which is {shape_text(shape)}" if shape is not None else ""
    return f"`{parts[1][number]}` for {case.quoted(operand)}{held}"


@rule(
    r"einsum\(\): subscript (\w) has size (\d+) for operand (\d+) which does not broadcast with previously seen size "
    r"(\d+)"
)
def letter_of_two_sizes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a letter that stands for dimensions of different sizes."""
    letter, size, operand, other = found[1], found[2], int(found[3]), found[4]
    before = ""
    parts = _parts(case)
    if parts is not None:
        first = next((number for number, one in enumerate(parts[1]) if letter in one), None)
        if first is not None and first != operand:
            before = f" in {_operand(case, first)}"
    return RuleResult(
        f"A letter stands for one size wherever it is: `{letter}` is {other}{before} and {size} in "
        f"{_operand(case, operand)}. Give the dimension another letter if it is another, or turn the tensor."
    )


@rule(
    r"einsum\(\): the number of subscripts in the equation \((\d+)\) (?:does not match|is more than|.*?) the number of "
    r"dimensions \((\d+)\) for operand (\d+)"
)
def letters_and_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an operand with more or fewer letters than dimensions."""
    count, dimensions = found[1], found[2]
    more = int(dimensions) > int(count)
    hint = " `...` before the letters stands for all dimensions in front." if more else ""
    return RuleResult(
        f"One letter for each dimension: {_operand(case, int(found[3]))}, has {dimensions} dimensions and {count} "
        f"letters.{hint}".replace("`, has", "` has")
    )


@rule(r"einsum\(\): output subscript (\w) does not appear in the equation for any input operand")
def letter_from_nowhere(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a letter after the arrow that no operand has."""
    parts = _parts(case)
    known = "".join(dict.fromkeys(letter for part in parts[1] for letter in part if letter.isalpha())) if parts else ""
    return RuleResult(
        f"`{found[1]}` stands after the arrow, and no operand has it"
        + (f": their letters are {', '.join(f'`{letter}`' for letter in known)}." if known else ".")
    )


@rule(r"einsum\(\): output subscript (\w) appears more than once in the output")
def letter_twice(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a letter that stands twice after the arrow."""
    return RuleResult(
        f"`{found[1]}` stands twice after the arrow; each dimension of the result has a letter of its own there."
    )


@rule(r"einsum\(\): (more|fewer) operands were provided than specified in the equation")
def number_of_operands(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an equation for more or fewer tensors than were given."""
    parts = _parts(case)
    if parts is None:
        return RuleResult("The equation has one group of letters for each tensor, divided by commas.")
    return RuleResult(
        f"The equation `{parts[0]}` is for {len(parts[1])} tensor{'s' if len(parts[1]) != 1 else ''} (groups of "
        f"letters before the arrow), and {len(parts[2])} {'was' if len(parts[2]) == 1 else 'were'} given."
    )


@rule(r"einsum\(\): invalid subscript given at index (\d+) in the equation string")
def no_letter(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a digit or another sign in the place of a letter."""
    parts = _parts(case)
    at = int(found[1])
    sign = f"`{parts[0][at]}` in `{parts[0]}`" if parts is not None and at < len(parts[0]) else f"character {at}"
    return RuleResult(f"{sign} is no letter: dimensions are named by letters from a to z, small or capital.")


@rule(r".", TypeError, RuntimeError, first=True)
def equation_not_first(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `torch.einsum(x, y, 'ij,jk->ik')`."""
    call = case.call("einsum")
    texts = [part for part in call.args if type(case.find(part)) is str] if call is not None else []
    if call is None or len(texts) != 1 or call.args[0] is texts[0]:
        return None
    others = [ast.unparse(part) for part in call.args if part is not texts[0]]
    text = f"{ast.unparse(call.func)}({', '.join([ast.unparse(texts[0]), *others])})"
    return RuleResult("The equation comes first, and the tensors after it.", SuggestedFix(text, None, call))
