"""Errors of attention: masks of another shape or kind, and queries, keys and values that do not belong together."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.names import attribute_of
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.errors.rules.layers.batch_first import read_as_steps_first
from tui_torch.protocol.shapes import shape_text


def _given(call: ast.Call | None, *names: str) -> ast.expr | None:
    """The value of the first keyword of these names in a call."""
    keywords = call.keywords if call is not None else []
    return next((one.value for name in names for one in keywords if one.arg == name), None)


@rule(r"The shape of the (\d)D attn_mask is (?:torch\.Size\()?(\[.*?\])\)?, but should be \((.*?)\)", RuntimeError)
def mask_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an attention mask of another shape than the lengths ask for."""
    dimensions, given, wanted = int(found[1]), sizes_in(found[2]), sizes_in(found[3])
    call = case.call()
    mask = _given(call, "attn_mask", "mask", "src_mask", "tgt_mask")
    layer = case.layer()
    query = case.argument(call, 0, "query")
    sizes = case.shape(query)
    if dimensions == 2 and sizes is not None and len(sizes) == 3 and given == [sizes[1]] * 2:
        result = read_as_steps_first(case, query, f"the mask of {shape_text(given)} (queries, keys)")
        if result is not None:
            return result
    heads = attribute_of(layer.module, "num_heads") if layer is not None else None
    fix = None
    is_of_a_batch = dimensions == 3 and type(heads) is int and given == [wanted[0] // heads, *wanted[1:]]
    if is_of_a_batch and mask is not None and call is not None:
        text = rewritten(call, {mask: f"{{}}.repeat_interleave({heads}, dim=0)"})
        fix = SuggestedFix(text, None, call)
    what = "queries, keys" if dimensions == 2 else "batch times heads, queries, keys"
    hint = ""
    if dimensions == 2 and fix is None:
        hint = " A mask of which elements are padding, [batch, keys], is given as `key_padding_mask`."
    return RuleResult(
        f"An attention mask says for each query which keys it may look at: it is {shape_text(wanted)} here ({what}), "
        f"and was given as {shape_text(given)}.{hint}",
        fix,
    )


def _padding(case: ErrorCase, call: ast.Call | None, found: re.Match[str]) -> tuple[str, ast.expr | None]:
    """The keyword of the padding mask that the message is about, with its value."""
    wrong = tuple(sizes_in(found[3])) if found[3].startswith("[") else None
    for name in ("key_padding_mask", "src_key_padding_mask", "tgt_key_padding_mask", "memory_key_padding_mask"):
        mask = _given(call, name)
        shape = case.shape(mask) if mask is not None else None
        if shape is None:
            continue
        if shape == wrong if wrong is not None else shape[int(found[1]) : int(found[1]) + 1] == (int(found[3]),):
            return name, mask
    return "key_padding_mask", _given(call, "key_padding_mask", "src_key_padding_mask", "tgt_key_padding_mask")


def _padded(case: ErrorCase, call: ast.Call | None, name: str) -> ast.expr | None:
    """The argument whose steps a padding mask marks."""
    is_whole = call is not None and issubclass(type(case.find(call.func)), torch.nn.Transformer)
    match name:
        case "src_key_padding_mask":
            return case.argument(call, 0, "src")
        case "tgt_key_padding_mask":
            return case.argument(call, 1 if is_whole else 0, "tgt")
        case "memory_key_padding_mask":
            return case.argument(call, 0, "src") if is_whole else case.argument(call, 1, "memory")
        case _:
            return case.argument(call, 1, "key") or case.argument(call, 0, "query")


@rule(r"Expected key_padded_mask\.shape\[(\d)\] to be (\d+), but got (\d+)", AssertionError)
@rule(r"expecting key_padding_mask shape of \((\d+), (\d+)\), but got (?:torch\.Size\()?(\[.*?\])", AssertionError)
def padding_mask_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a key_padding_mask of another shape than [batch, keys]."""
    call = case.call()
    name, mask = _padding(case, call, found)
    shape = case.shape(mask) if mask is not None else None
    layer = case.layer()
    batch_first = attribute_of(layer.module, "batch_first") if layer is not None else None
    padded = _padded(case, call, name)
    keys = case.shape(padded)
    fix = None
    if call is not None and mask is not None and shape is not None and keys is not None and len(keys) == 3:
        if shape == keys[:2] and (
            result := read_as_steps_first(case, padded, f"{case.quoted(mask)}, {shape_text(shape)}")
        ):
            return result
        if batch_first is True and shape == (keys[1], keys[0]) != keys[:2]:
            fix = SuggestedFix(rewritten(call, {mask: "{}.t()"}), None, call)
    given = f"; {case.with_shape(mask)}" if mask is not None and shape is not None else ""
    return RuleResult(
        "A `key_padding_mask` says which keys of each sequence are padding: it is [batch, keys], whatever "
        f"`batch_first` is{given}.",
        fix,
    )


@rule(r"shape '\[\d+, \d+, \d+\]' is invalid for input of size \d+", RuntimeError, first=True)
def lengths_of_cross_attention(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a query and keys of as many sequences and other lengths, which are read as steps first."""
    layer, call = case.layer(), case.call()
    if layer is None or not issubclass(type(layer.module), torch.nn.MultiheadAttention):
        return None
    query, keys = case.argument(call, 0, "query"), case.argument(call, 1, "key")
    asked, held = case.shape(query), case.shape(keys)
    if asked is None or held is None or len(asked) != 3 or len(held) != 3 or asked[0] != held[0]:
        return None
    return read_as_steps_first(case, query, f"{case.quoted(keys)}, {shape_text(held)}")


@rule(r"only bool and floating types of (\w+) are supported", AssertionError, RuntimeError)
@rule(r"Expected (\w+) dtype to be bool or float", RuntimeError)
def mask_of_integers(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an attention mask of whole numbers."""
    call = case.call()
    mask = _given(call, found[1], "attn_mask", "mask", "src_mask", "key_padding_mask") or case.argument(
        case.call("scaled_dot_product_attention"), 3, "attn_mask"
    )
    what = (
        f"{case.quoted(mask)} is {case.dtype(mask)}" if mask is not None and case.dtype(mask) else "It holds integers"
    )
    true = "may be looked at" if case.call("scaled_dot_product_attention") is not None else "may not be looked at"
    return RuleResult(
        f"A mask is bool, or floats that are added to the scores (0, and -inf for what is hidden). {what}. As bool, "
        f"True marks what {true} here: `mask == 1` or `mask == 0`, whichever says that."
    )


@rule(r"was expecting embedding dimension of (\d+), but got (\d+)", AssertionError)
def embedding_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a query whose last size is not embed_dim."""
    held = case.argument(case.call(), 0, "query")
    given = f"; {case.with_shape(held)}" if held is not None and case.shape(held) is not None else ""
    return RuleResult(
        f"This attention was made with embed_dim (or d_model) {found[1]}: the last size of what it is given. It is "
        f"{found[2]}{given}. Make it with {found[2]}, or bring the input to {found[1]} by an `nn.Linear`."
    )


@rule(r"query should be unbatched 2D or batched 3D tensor but received (\d)-D query tensor", AssertionError)
def query_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a query of another number of dimensions than 2 or 3."""
    held = case.argument(case.call(), 0, "query")
    given = case.with_shape(held) if held is not None and case.shape(held) is not None else f"it is {found[1]}D"
    return RuleResult(
        "Attention takes sequences: [steps, batch, features], or [batch, steps, features] with `batch_first=True`; "
        f"{given}. The heads are divided inside, and have no dimension of their own."
    )


@rule(
    r"key shape (?:torch\.Size\()?(\[.*?\])\)? does not match value shape (?:torch\.Size\()?(\[.*?\])", AssertionError
)
@rule(r"key's sequence and batch dims (.*?) do not match value's (.*)$", AssertionError)
def keys_and_values(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain keys and values of different shapes."""
    return RuleResult(
        f"Each key has a value: they are as many, and here the keys are {found[1].removeprefix('torch.Size(')} and the "
        f"values {found[2].removeprefix('torch.Size(')}. Take both from the same sequence: `attention(x, memory, "
        "memory)`."
    )


@rule(r"the batch number of src and tgt must be equal", RuntimeError)
def batch_of_a_transformer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an `nn.Transformer` whose source and target hold different numbers of sequences."""
    call = case.call()
    source, target = case.argument(call, 0, "src"), case.argument(call, 1, "tgt")
    layer = case.layer()
    first = attribute_of(layer.module, "batch_first") if layer is not None else None
    order = "[batch, steps, features]" if first is True else "[steps, batch, features]"
    given = (
        f"{case.with_shape(source)}, {case.with_shape(target)}; " if source is not None and target is not None else ""
    )
    hint = "" if first is True else " With `batch_first=True` the batch is the first size."
    return RuleResult(f"{given}source and target hold as many sequences each, and are {order} here.{hint}")


@rule(r"the feature number of src and tgt must be equal to d_model", RuntimeError)
def features_of_a_transformer(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an `nn.Transformer` whose input has another last size than d_model."""
    call = case.call()
    given = ", ".join(case.with_shape(part) for part in (call.args[:2] if call is not None else []))
    layer = case.layer()
    size = attribute_of(layer.module, "d_model") if layer is not None else None
    made = f" (d_model={size})" if type(size) is int else ""
    return RuleResult(
        f"The last size of source and target is the transformer's own{made}{'; ' + given if given else ''}. Embed "
        "them to that size first."
    )


@rule(
    r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)|shape mismatch", RuntimeError, first=True
)
def mask_of_scaled_dot_product(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.scaled_dot_product_attention` with a mask that does not fit the scores."""
    call = case.call("scaled_dot_product_attention")
    query, key = case.shape(case.argument(call, 0, "query")), case.shape(case.argument(call, 1, "key"))
    mask = case.argument(call, 3, "attn_mask")
    shape = case.shape(mask)
    if query is None or key is None or shape is None or len(query) < 2 or len(key) < 2:
        return None
    wanted = (query[-2], key[-2])
    fits = all(size in (1, want) for size, want in zip(shape[-2:], wanted, strict=False))
    if fits and len(shape) <= 2:
        return None
    return RuleResult(
        f"The scores are [..., {wanted[0]}, {wanted[1]}] (queries, keys), and the mask has to fit them from the last "
        f"size backwards; {case.with_shape(mask)}."
    )


@rule(r"Explicit attn_mask should not be set when is_causal=True", RuntimeError)
def mask_and_causal(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `F.scaled_dot_product_attention` with a mask and is_causal."""
    return RuleResult(
        "`is_causal=True` makes the mask itself. Leave out `attn_mask`; or leave out `is_causal` and let the mask "
        "say both."
    )
