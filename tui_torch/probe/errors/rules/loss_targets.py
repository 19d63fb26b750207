"""Errors of losses: the shape, the dtype and the range of a target and its prediction."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping

from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.shapes.first_sizes import model_changed_rows, reassigned_rows, rows_changed
from tui_torch.probe.errors.rules.values.whole_numbers import are_whole, are_zeros_and_ones, holds_nan, whole_fix


@rule(r"result type \w+ can't be cast to the desired output type \w+", RuntimeError)
@rule(r"Found dtype (\w+) but expected (\w+)", RuntimeError)
def float_target(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a loss that computes with its target, and was given whole numbers."""
    if case.call("backward") is not None:
        # Up to PyTorch 2.9 the loss itself says nothing.
        return RuleResult(
            "A loss that computes with its target was given whole numbers or bools: its gradient needs floats. Give it "
            "the target with `.float()` where the loss is computed."
        )
    pair = case.pair()
    if pair is None or case.dtype(pair[1]) is None:
        return None
    return RuleResult(
        f"{case.quoted(pair[1])} is {case.dtype(pair[1])}; this loss computes with its target, so it wants floats "
        f"like {case.quoted(pair[0])} ({case.dtype(pair[0])}).",
        case.working_fix({pair[1]: "{}.float()"}, with_dtype=True),
    )


@rule(
    r"expected target dtype to be Long or Byte, but got (\w+)|expected scalar type Long but found (\w+)", RuntimeError
)
def class_indices(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.cross_entropy(pred, y)` with class indices that are not int64."""
    pair = case.pair()
    if pair is None:
        return None
    more = ""
    if are_whole(case, pair[1]) is False:
        more = " These are fractions, and no classes: numbers are predicted with a loss such as `F.mse_loss`."
    return RuleResult(
        f"{case.quoted(pair[1])} is {case.dtype(pair[1]) or found[1]}; the target of this loss is a class index for "
        f"each row, and an index is int64 (Long).{more}",
        *whole_fix(case, pair[1], with_dtype=True),
    )


@rule(r"Expected floating point type for target with class probabilities, got (\w+)", RuntimeError)
def probabilities_or_no_classes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.cross_entropy(pred, y)` of equal shapes with a `y` of whole numbers."""
    pair = case.pair()
    if pair is None:
        return None
    shape = case.shape(pair[0])
    forms = [{pair[0]: "{}.unsqueeze(0)"}] if shape is not None and len(shape) == 1 else []
    return RuleResult(
        f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}: of equal shapes, `cross_entropy` takes the target "
        "for probabilities. With class indices the prediction is [N, classes] and the target [N]; for yes or no use "
        "`binary_cross_entropy_with_logits`.",
        case.working_fix(*forms) if len(case.shape(pair[1]) or ()) == 0 else None,
        _of_zeros_and_ones(case, pair),
    )


def _of_zeros_and_ones(case: ErrorCase, pair: tuple[ast.expr, ast.expr]) -> tuple[PossibleFix, ...]:
    """Return what a target of zeros and ones may mean, of the shape of its prediction."""
    shape = case.shape(pair[1]) or ()
    if not shape or shape != case.shape(pair[0]) or not are_zeros_and_ones(case, pair[1]):
        return ()
    ways: list[tuple[str, Mapping[ast.expr, str] | str]] = []
    if len(shape) == 2:
        ways.append(("each row has a 1 at its class alone", {pair[1]: "{}.float()"}))
    ways.append(("each element says yes or no", _several_classes(case, pair)))
    return case.possible_fixes(*ways)


@rule(r"Target (-?\d+) is out of bounds", IndexError)
def class_out_of_range(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a class index that is negative, or not below the number of outputs."""
    pair = case.pair()
    shape = case.shape(pair[0]) if pair is not None else None
    if pair is None or shape is None:
        return RuleResult(f"A target is class {found[1]}, and there is no such output: classes are counted from 0.")
    classes = shape[1] if len(shape) > 1 else math.prod(shape)
    return RuleResult(
        f"{case.quoted(pair[1])} holds the class {found[1]}, and {case.quoted(pair[0])} is {list(shape)}: {classes} "
        f"classes, 0 to {classes - 1}. Give the last layer more outputs, or count your classes from 0.",
    )


@rule(r"all elements of input should be between 0 and 1", RuntimeError)
def not_probabilities(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.binary_cross_entropy(pred, y)` with a `pred` outside 0 to 1."""
    pair = case.pair()
    if pair is None:
        return None
    if holds_nan(case, pair[0]):
        return RuleResult(
            f"{case.quoted(pair[0])} holds NaN, which is no probability. Look where it comes from: a loss that grew "
            "beyond all bounds, a division by 0, a logarithm of 0, or NaN in the data."
        )
    return RuleResult(
        f"{case.quoted(pair[0])} is not a probability everywhere: it has elements below 0 or above 1. Use a loss that "
        "takes logits (`binary_cross_entropy_with_logits`, `nn.BCEWithLogitsLoss`), or put a sigmoid before it.",
        readings=case.possible_fixes(
            ("they are scores, with no sigmoid yet", {pair[0]: "{}.sigmoid()"}),
            ("they are probabilities that are a little off", {pair[0]: "{}.clamp(0, 1)"}),
            unseen=True,
        ),
    )


@rule(r"Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)", ValueError)
def loss_batch(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a loss of different numbers of predictions and targets."""
    pair = case.pair()
    if pair is not None and (changed := rows_changed(case, pair)) is not None:
        return changed
    what = f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}; " if pair else ""
    predictions, targets = int(found[1]), int(found[2])
    why = ""
    if pair is not None:
        why = model_changed_rows(case, pair[0], targets) or reassigned_rows(case, pair[0], targets)
        why = why or reassigned_rows(case, pair[1], predictions)
    return RuleResult(
        f"{what}the loss compares row by row, and there are {predictions} predictions and {targets} targets. "
        + (why or "Take both from the same batch, with no `view` or `reshape` on the way that changes the first size.")
    )


@rule(r"For 1D input, 1D target must have size 1, but got target size: (\d+)", ValueError)
def prediction_of_one_row(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a prediction without rows, as a `flatten()` leaves it, with a row of targets."""
    pair = case.pair()
    if pair is None:
        return None
    return rows_changed(case, pair) or RuleResult(
        f"{case.with_shape(pair[0])}, {case.with_shape(pair[1])}: a prediction of one dimension is that of one "
        f"sample, and there are {found[1]} targets. Give the loss [N, classes] and [N]."
    )


@rule(r"0D or 1D target tensor expected, multi-target not supported")
def target_column(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.cross_entropy(pred, y)` with a `y` of shape [N, 1]."""
    pair = case.pair()
    if pair is None:
        return None
    meaning = (
        f"{case.with_shape(pair[0])}, so the target should be one class index for each row, "
        f"[{(case.shape(pair[0]) or ('N',))[0]}]; {case.with_shape(pair[1])}."
    )
    if (case.shape(pair[1]) or ())[1:] == (1,):
        return RuleResult(meaning, case.working_fix({pair[1]: "{}.squeeze(1)"}))
    return RuleResult(
        meaning,
        readings=case.possible_fixes(
            ("each row has a 1 at its class alone", {pair[1]: "{}.argmax(1)"}),
            ("a row may have several classes", _several_classes(case, pair)),
        ),
    )


def _several_classes(case: ErrorCase, pair: tuple[ast.expr, ast.expr]) -> str:
    prediction, target = map(ast.unparse, pair)
    call = case.call()
    owner = ast.unparse(call.func).rpartition(".")[0] if call is not None else "F"
    if owner not in ("F", "torch.nn.functional", "nn.functional"):
        owner = "torch.nn.functional"
    return f"{owner}.binary_cross_entropy_with_logits({prediction}, ({target}).float())"


@rule(r"target size \(torch\.Size\((\[.*?\])\)\) that is different to the input size", ValueError)
@rule(r"Target size \(torch\.Size\((\[.*?\])\)\) must be the same as input size", ValueError)
def binary_target_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a binary cross entropy of different shapes."""
    pair = case.pair()
    if pair is None:
        return RuleResult(f"This loss wants a target of its input's shape, and the target is {found[1]}.")
    prediction, target = pair
    return RuleResult(
        f"{case.with_shape(prediction)}, {case.with_shape(target)}: this loss compares element by element, so both "
        "need one shape.",
        case.working_fix({target: "{}.unsqueeze(1)"}, {prediction: "{}.squeeze(1)"}, {target: "{}.squeeze(1)"}),
    )
