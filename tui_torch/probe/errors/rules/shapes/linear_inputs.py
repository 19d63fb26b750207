"""What to do about an input whose last size is not the `in_features` of an `nn.Linear`."""

from __future__ import annotations

import ast
import math

import torch

from tui_torch.probe.errors.case import LONGEST_FIX, ErrorCase, RuleResult, RunningLayer, SuggestedFix
from tui_torch.probe.errors.feeding_layers import LayerBefore, layer_before
from tui_torch.probe.source.turns import is_turned
from tui_torch.probe.values.tensor_facts import shape_of
from tui_torch.protocol.shapes import shape_text


def linear_layer_sizes(case: ErrorCase, layer: RunningLayer, have: int, want: int) -> RuleResult:
    """Explain a linear layer that was given another last size.

    Args:
        case: The error.
        layer: The layer.
        have: The last size of its input.
        want: Its `in_features`.
    """
    shape = shape_of(layer.given) if issubclass(type(layer.given), torch.Tensor) else None  # type: ignore[arg-type]
    meaning = (
        f"`{layer.path}` was made with in_features={want}, and was given {layer.input_text}: the last size must be "
        f"{want}, not {have}. "
    )
    before = layer_before(case, layer.given)
    if before is None and (fix := _input_fix(case, layer, want)) is not None:
        return RuleResult(meaning + "Bring the input into that shape.", fix)
    if shape is None or len(shape) < 3:
        return RuleResult(meaning + f"Make the layer with in_features={have}, or bring the input into that shape.")
    rest = shape[1:]
    product = f"{' x '.join(map(str, rest))} = {math.prod(rest)}"
    if math.prod(rest) == want:
        return _flattened(case, layer, before, meaning, product)
    if len(shape) == 4:
        where = (
            f"Put `nn.Flatten()` before `{layer.path}`" if before is not None else "Flatten the input (`x.flatten(1)`)"
        )
        return RuleResult(
            f"{meaning}An image of {shape_text(tuple(rest))} holds {product} numbers. {where}, and make the layer with "
            f"in_features={math.prod(rest)}."
        )
    return RuleResult(meaning + f"Make the layer with in_features={have}, or bring the input into that shape.")


def _flattened(
    case: ErrorCase, layer: RunningLayer, before: LayerBefore | None, meaning: str, product: str
) -> RuleResult:
    """Explain that all that the layer is given of one sample fits, once it is in one row."""
    if before is None:
        return RuleResult(f"{meaning}{product} fits: flatten all but the first dimension before it, `x.flatten(1)`.")
    return RuleResult(
        f"{meaning}{product} fits: put `nn.Flatten()` before `{layer.path}`.", _with_a_flatten(case, before)
    )


def _with_a_flatten(case: ErrorCase, before: LayerBefore) -> SuggestedFix | None:
    """The call that makes the Sequential, with a Flatten in it, where the code shows that call."""
    path, _, index = before.path_after.rpartition("[")
    made = case.history.last(path)
    match made.value if made is not None else None:
        case ast.Call(ast.Attribute(owner, "Sequential"), arguments, []) as call:
            at = int(index.removesuffix("]"))
            if any(isinstance(one, ast.Starred) for one in arguments) or at >= len(arguments):
                return None
            flatten = ast.parse(f"{ast.unparse(owner)}.Flatten()", mode="eval").body
            text = ast.unparse(ast.Call(call.func, [*arguments[:at], flatten, *arguments[at:]], []))
            return SuggestedFix(text, None, call) if len(text) <= LONGEST_FIX else None
        case _:
            return None


def _input_fix(case: ErrorCase, layer: RunningLayer, want: int) -> SuggestedFix | None:
    """Return a fix that brings the input of the layer itself into a shape whose last size is `want`."""
    call = case.call()
    given = case.argument(call, 0, "input")
    shape = case.shape(given)
    # What a model is given is another tensor than what a layer deep in it is given.
    if call is None or given is None or shape is None or shape != shape_of(layer.given):  # type: ignore[arg-type]
        return None
    forms = []
    # What was turned is turned back before it is made flat.
    if len(shape) == 2 and shape[0] == want and is_turned(given):
        forms.append({given: "{}.t()"})
    if len(shape) == 3 and shape[1] == want and is_turned(given):
        forms.append({given: "{}.transpose(1, 2)"})
    if len(shape) > 2 and math.prod(shape[1:]) == want:
        forms.append({given: "{}.flatten(1)"})
    elif len(shape) > 1 and math.prod(shape) == want:
        forms.append({given: "{}.flatten()"})
    if len(shape) == 2 and shape[0] == want:
        forms.append({given: "{}.t()"})
    if len(shape) == 3 and shape[1] == want:
        forms.append({given: "{}.transpose(1, 2)"})
    if want == 1 and len(shape) == 1:
        forms.append({given: "{}.unsqueeze(-1)"})
    return case.working_fix(*forms)
