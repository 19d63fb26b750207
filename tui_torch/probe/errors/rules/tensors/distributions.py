"""Errors of `torch.distributions`: divergences without a formula, values outside, and shapes of batches and events."""

from __future__ import annotations

import ast
import re
from typing import Any

import torch
from torch.distributions import Distribution, Independent

from tui_torch.probe.articles import an
from tui_torch.probe.errors.case import ErrorCase, PossibleFix, RuleResult, SuggestedFix
from tui_torch.probe.errors.failing_code import called_name, rewritten
from tui_torch.probe.errors.names import attribute_of
from tui_torch.probe.errors.origins.frames import frames_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.source.frame_locals import local_names
from tui_torch.probe.values.tensor_facts import shape_of
from tui_torch.protocol.shapes import shape_text


def _distribution(case: ErrorCase, node: ast.expr | None) -> Any:
    found = case.find(node)
    return found if issubclass(type(found), Distribution) else None


def _stored_shape(owner: Any, name: str) -> tuple[int, ...] | None:
    """Return the shape of a tensor that an object stores; None if it stores none of that name."""
    held: Any = attribute_of(owner, name) if owner is not None else None
    return shape_of(held) if issubclass(type(held), torch.Tensor) else None


def _batch_shape(distribution: Any) -> tuple[int, ...] | None:
    return None if distribution is None else tuple(Distribution.batch_shape.__get__(distribution))


@rule(r"No KL\(p \|\| q\) is implemented for p type (\w+) and q type (\w+)", NotImplementedError)
def no_divergence(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `kl_divergence(p, q)` of two kinds for which there is no formula."""
    call = case.call("kl_divergence")
    given = call.args if call is not None and len(call.args) == 2 else [None, None]
    pair = [_distribution(case, part) for part in given]
    names = [case.quoted(part) if part is not None else word for part, word in zip(given, "pq", strict=True)]
    meaning = (
        f"{names[0]} is a distribution of the kind {found[1]}, {names[1]} of the kind {found[2]}, and PyTorch knows no "
        "formula for the divergence of these two."
    )
    wrapped = [type(one) is Independent for one in pair]
    if wrapped[0] != wrapped[1] and None not in pair:
        inner, plain = (pair[0], pair[1]) if wrapped[0] else (pair[1], pair[0])
        other = given[1] if wrapped[0] else given[0]
        count = attribute_of(inner, "reinterpreted_batch_ndims")
        kind = type(attribute_of(inner, "base_dist")).__name__
        if type(count) is int and kind == type(plain).__name__ and call is not None and other is not None:
            fix = None
            if count <= len(_batch_shape(plain) or ()):
                text = rewritten(call, {other: f"torch.distributions.Independent({{}}, {count})"})
                fix = SuggestedFix(text, None, call)
            return RuleResult(
                f"{meaning} `Independent` counts the last {'dimension' if count == 1 else f'{count} dimensions'} of a "
                f"{kind} as one event: wrap both alike.",
                fix,
            )
    return RuleResult(
        f"{meaning} Choose two of a kind that has one, or estimate it from samples: the mean of `p.log_prob(x) - "
        "q.log_prob(x)` over `x = p.sample((1000,))`."
    )


@rule(r"Value is not broadcastable with batch_shape\+event_shape: torch\.Size\((.*?)\) vs torch\.Size\((.*?)\)")
def value_of_another_shape(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `d.log_prob(x)` of an `x` whose shape does not end as the distribution's samples do."""
    call = case.call("log_prob")
    held = call.args[0] if call is not None and call.args else None
    who = f"{case.quoted(held)} is {found[1]}" if held is not None else f"The value is {found[1]}"
    owner = case.receiver()
    whose = f"a sample of {case.quoted(owner)}" if owner is not None else "a sample of this distribution"
    return RuleResult(
        f"{who}, and {whose} is {found[2]}: the last sizes of both have to be equal, or 1. Samples of `sample((n,))` "
        "have their number in front."
    )


@rule(
    r"Expected value argument \(Tensor of shape \((.*?)\)\) to be within the support \((.*)\) of the distribution "
    r"(\w+)\(",
    ValueError,
)
def value_outside(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `d.log_prob(x)` of an `x` that the distribution never gives."""
    call = case.call("log_prob", "cdf")
    held = call.args[0] if call is not None and call.args else None
    who = case.quoted(held) if held is not None else "The value"
    support, kind = found[2], found[3]
    between = re.search(r"lower_bound=([-\d.]+), upper_bound=([-\d.]+)", support)
    above = re.search(r"lower_bound=([-\d.]+)\)", support)
    if support.startswith("IntegerInterval") and between:
        what = f"{an(kind)} gives whole numbers from {between[1]} to {between[2]}"
    elif between:
        what = f"{an(kind)} gives numbers from {between[1]} to {between[2]}"
    elif support.startswith("Boolean"):
        what = f"{an(kind)} gives 0 and 1"
    elif above:
        what = f"{an(kind)} gives numbers {'above' if 'GreaterThan(' in support else 'from'} {above[1]}"
    elif support.startswith("Simplex"):
        what = f"{an(kind)} gives numbers from 0 that add up to 1"
    elif support.startswith("OneHot"):
        what = f"{an(kind)} gives a 1 at one place, and 0 elsewhere"
    else:
        what = f"{an(kind)} gives values of its support alone ({support})"
    is_nan = "nan" in str(case.error).rpartition("found invalid values")[2]
    nan = " It is not a number (nan) somewhere: something before went wrong." if is_nan else ""
    return RuleResult(f"{who} holds what cannot be drawn: {what}, so nothing else has a probability.{nan}")


@rule(r"Expected reinterpreted_batch_ndims <= len\(base_distribution\.batch_shape\), actual (\d+) vs (\d+)", ValueError)
def more_than_the_batch(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `Independent(d, 1)` of a distribution without a dimension."""
    call = case.call("Independent")
    held = call.args[0] if call is not None and call.args else None
    shape = _batch_shape(_distribution(case, held))
    has = f" (its `batch_shape` is {shape_text(shape) if shape else '[]'})" if shape is not None else ""
    many = "dimension" if found[1] == "1" else f"{found[1]} dimensions"
    return RuleResult(
        f"`Independent(d, {found[1]})` counts the last {many} of a batch as one event, and "
        f"{case.quoted(held) if held is not None else 'this one'} has {found[2]}{has}. Give its parameters as tensors "
        "with as many dimensions."
    )


@rule(
    r"Either `(\w+)` or `(\w+)` must be specified, but not both|Exactly one of covariance_matrix or precision_matrix",
    ValueError,
)
def two_parameters(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `Categorical(probs, logits=...)`, and `Categorical()` without either."""
    call = case.call()
    if found[1] is None or call is None:
        return RuleResult(
            "The spread is given once, as one of `covariance_matrix`, `precision_matrix` and `scale_tril`."
        )
    first, second = found[1], found[2]
    given = len(call.args) + len([key for key in call.keywords if key.arg in (first, second)])
    what = f"neither of `{first}` and `{second}`" if given == 0 else f"both `{first}` and `{second}`"
    return RuleResult(
        f"`{called_name(call)}` was given {what}, and it takes one: `{first}` are probabilities, `{second}` the scores "
        f"before a softmax or sigmoid. The first argument is `{first}`; name the other, `{second}=...`."
    )


@rule(r"does not equal `component_distribution\.batch_shape\[-1\]`", ValueError)
@rule(r"`mixture_distribution\.batch_shape` is not compatible with `component_distribution\.batch_shape`", ValueError)
def mixed_shapes(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `MixtureSameFamily` of a Categorical and components of another number."""
    call = case.call("MixtureSameFamily")
    mixture, parts = (_distribution(case, case.argument(call, place, "")) for place in (0, 1))
    scores = next((one for name in ("probs", "logits") if (one := _stored_shape(mixture, name))), None)
    counted = scores[-1] if scores else None
    shape = _batch_shape(parts)
    numbers = ""
    if type(counted) is int and shape is not None:
        numbers = f": the Categorical chooses among {counted}, and the components' `batch_shape` is {list(shape)}"
    return RuleResult(
        f"The last dimension of the components' batch holds what the Categorical chooses among{numbers}. Both numbers "
        "have to be equal."
    )


@rule(r"^$", NotImplementedError)
def no_formula(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `d.rsample()`, `d.entropy()` and the like of a distribution that has no formula for it."""
    frame = next(reversed(list(frames_of(case.error))), None)
    held = local_names(frame).get("self") if frame is not None else None
    call = case.call()
    if call is None or not issubclass(type(held), Distribution):
        return None
    name, kind = called_name(call), type(held).__name__
    owner = case.receiver()
    who = case.quoted(owner) if owner is not None else "It"
    if name == "rsample":
        return RuleResult(
            f"{who} is {an(kind)}: its draws are choices, which do not move a little when its parameters do, so no "
            "gradient goes through them (`has_rsample` is False). `sample()` draws; a policy learns by `log_prob` of "
            "what was drawn, and `F.gumbel_softmax` is a choice with a gradient.",
            readings=_draws(call),
        )
    return RuleResult(
        f"{who} is {an(kind)}, for which PyTorch has no formula for `{name}`. It can be estimated from samples: the "
        "entropy as the mean of `-d.log_prob(x)`, a mean as that of `x`, over `x = d.sample((1000,))`."
    )


def _draws(call: ast.Call) -> tuple[PossibleFix, ...]:
    if not isinstance(call.func, ast.Attribute):
        return ()
    owner = ast.unparse(call.func.value)
    arguments = ast.unparse(ast.Call(ast.Name("_"), call.args, call.keywords)).removeprefix("_")
    return (
        PossibleFix("the draw needs no gradient of its own", SuggestedFix(f"{owner}.sample{arguments}", None, call)),
    )
