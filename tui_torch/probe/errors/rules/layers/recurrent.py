"""Errors of recurrent layers: the shapes of their states, one state for two, and sequences of several lengths."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.description import sizes_in
from tui_torch.probe.errors.failing_code import rewritten
from tui_torch.probe.errors.names import MISSING, attribute_of
from tui_torch.probe.errors.registry import rule
from tui_torch.protocol.shapes import shape_text

_RECURRENT = (torch.nn.RNNBase, torch.nn.RNNCellBase)


def _module(case: ErrorCase) -> torch.nn.Module | None:
    """The recurrent layer that was running, or that the failing line calls."""
    layer = case.layer()
    if layer is not None and isinstance(layer.module, _RECURRENT):
        return layer.module
    call = case.call()
    module = case.find(call.func) if call is not None else MISSING
    return module if issubclass(type(module), _RECURRENT) else None


def _who(case: ErrorCase) -> str:
    call = case.call()
    if call is not None and issubclass(type(case.find(call.func)), _RECURRENT):
        return case.quoted(call.func)
    return case.layer_or("The recurrent layer")


def _layers(module: torch.nn.Module | None) -> int | None:
    """The first size of a state: layers times directions."""
    layers, both = attribute_of(module, "num_layers"), attribute_of(module, "bidirectional")
    return layers * (2 if both is True else 1) if type(layers) is int else None


@rule(r"Expected hidden(?:\[(\d)\])? size \((.*?)\), got [\[(](.*?)[\])]", RuntimeError)
def state_size(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a state of another shape than [layers, batch, hidden_size]."""
    wanted, given = sizes_in(found[2]), sizes_in(found[3])
    module = _module(case)
    state = case.argument(case.call(), 1, "hx")
    which = f"part {found[1]} of its state" if found[1] else "its state"
    hint = ""
    if attribute_of(module, "batch_first") is True:
        hint = " `batch_first=True` changes the order of the input and the output, not of the state."
    fix = None
    if state is not None and case.shape(state) is not None and given == [wanted[1], wanted[0], wanted[2]] != wanted:
        fix = SuggestedFix(
            rewritten(case.call() or state, {state: "{}.transpose(0, 1).contiguous()"}), None, case.call()
        )
    return RuleResult(
        f"For this input {_who(case)} wants {which} as {shape_text(wanted)}: layers (times directions), batch, "
        f"hidden_size. It was given {shape_text(given)}.{hint}",
        fix,
    )


@rule(r"For (un)?batched (\d)-D input, hx(?: and cx)? should also be (\d)-D but got (.*?) tensors?", RuntimeError)
def state_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a state without the dimension of the layers, or one of a batch for a single sequence."""
    call, state = case.call(), case.argument(case.call(), 1, "hx")
    wants = "[layers, hidden_size]" if found[1] else "[layers, batch, hidden_size]"
    fix = None
    if not found[1] and call is not None and state is not None and _layers(_module(case)) == 1:
        if len(case.shape(state) or ()) == 2:
            fix = SuggestedFix(rewritten(call, {state: "{}.unsqueeze(0)"}), None, call)
        elif isinstance(state, ast.Tuple):
            parts = dict.fromkeys(state.elts, "{}.unsqueeze(0)")
            fix = SuggestedFix(rewritten(call, parts), None, call)
    return RuleResult(
        f"{_who(case)} was given {'one sequence' if found[1] else 'a batch of sequences'} ({found[2]}D), so its "
        f"state is {found[3]}D too, {wants}; it is {found[4]}.",
        fix,
    )


@rule(r".", IndexError, RuntimeError, TypeError, first=True)
def one_state_of_two(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an LSTM that was given one tensor in the place of two."""
    module, state = _module(case), case.argument(case.call(), 1, "hx")
    if not issubclass(type(module), torch.nn.LSTM | torch.nn.LSTMCell) or state is None or case.is_own:
        return None
    if case.tensor(state) is None or case.shape(state) is None:
        return None
    return RuleResult(
        "An LSTM has two states, the hidden one and the cell's: it takes the pair `(h, c)`, and "
        f"{case.with_shape(state)}, one tensor. `({ast.unparse(state)}, torch.zeros_like({ast.unparse(state)}))` "
        "starts the cell's at 0."
    )


@rule(r"'tuple' object has no attribute '(?:dim|size|is_cuda|index_select)'", AttributeError, first=True)
def two_states_for_one(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a GRU or an RNN that was given an LSTM's pair of states."""
    module, call = _module(case), case.call()
    state = case.argument(call, 1, "hx")
    if module is None or call is None or state is None or isinstance(module, torch.nn.LSTM | torch.nn.LSTMCell):
        return None
    kind = type(module).__name__
    if isinstance(state, ast.Tuple):
        text = rewritten(call, {state: ast.unparse(state.elts[0])}) if state.elts else ""
    else:
        text = rewritten(call, {state: "{}[0]"})
    return RuleResult(
        f"{_who(case)} ({kind}) has one state, a tensor; the pair `(h, c)` is an LSTM's. Its first part is the hidden "
        "state.",
        SuggestedFix(text, None, call) if text else None,
    )


@rule(r"(\w+): Expected input to be (.*?), got (\d)D instead", ValueError)
@rule(r"(\w+): Expected input to be (.*?) but received (\d)-?D", RuntimeError, AssertionError)
def input_dimensions(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an input of too many dimensions for a recurrent layer."""
    held = case.argument(case.call(), 0, "input")
    given = case.with_shape(held) if held is not None and case.shape(held) is not None else f"it was given {found[3]}D"
    is_cell = found[1].endswith("Cell")
    takes = "[batch, features], one step at a time" if is_cell else "[steps, batch, features], or without the batch"
    hint = " A loop over the steps feeds it one after another." if is_cell else ""
    return RuleResult(f"{_who(case)} ({found[1]}) takes {takes}; {given}.{hint}")


@rule(r"Input batch size (\d+) doesn't match hidden(\d?) batch size (\d+)", RuntimeError)
def batches_of_a_cell(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a cell whose input and state are of different numbers of samples."""
    return RuleResult(
        f"{_who(case)} was given {found[1]} samples and the states of {found[3]}: each sample has its own. Start the "
        "state as zeros of [batch, hidden_size] for this batch."
    )


@rule(r"(input|hidden\d?) has inconsistent (input|hidden)_size:? got (\d+),? expected (\d+)", RuntimeError)
def size_of_a_cell(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a cell whose input or state has another last size than it was made with."""
    what = "input" if found[1] == "input" else "state"
    return RuleResult(
        f"{_who(case)} was made with {found[2]}_size={found[4]}, the last size of its {what}, and was given {found[3]} "
        f"there. Make it with {found[2]}_size={found[3]}, or change the {what}."
    )


@rule(r"(?:not enough|too many) values to unpack \(expected 3", ValueError, first=True)
def states_unpacked(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `out, h, c = lstm(x)`."""
    match case.statement:
        case ast.Assign([ast.Tuple([out, hidden, cell])], ast.Call(called) as call):
            if not issubclass(type(case.find(called)), torch.nn.LSTM):
                return None
        case _:
            return None
    text = f"{ast.unparse(out)}, ({ast.unparse(hidden)}, {ast.unparse(cell)}) = {ast.unparse(call)}"
    return RuleResult(
        f"{case.quoted(called)} gives two things: the output, and the pair of its last states. The pair stands in "
        "parentheses of its own.",
        SuggestedFix(text, None, case.statement),
    )


@rule(r"`lengths` array must be sorted in decreasing order", RuntimeError)
def lengths_not_sorted(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `pack_padded_sequence` of lengths in any order."""
    call = case.call("pack_padded_sequence", "pack_sequence")
    fix = None
    if call is not None and not any(keyword.arg == "enforce_sorted" for keyword in call.keywords):
        given = [ast.unparse(part) for part in (*call.args, *call.keywords)]
        fix = SuggestedFix(f"{ast.unparse(call.func)}({', '.join([*given, 'enforce_sorted=False'])})", None, call)
    return RuleResult(
        "The sequences of this batch are not in the order of their lengths, the longest first. `enforce_sorted=False` "
        "lets PyTorch sort them, and sort the results back.",
        fix,
    )


@rule(r"Length of all samples has to be greater than 0", RuntimeError)
def empty_sequence(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `pack_padded_sequence` of a sequence without elements."""
    return RuleResult(
        "One of the lengths is 0: a recurrent layer has nothing to read of an empty sequence. Leave such samples out "
        "of the batch."
    )


@rule(r"Expected `len\(lengths\)` to be equal to batch_size, but got (\d+) \(batch_size=(\d+)\)", RuntimeError)
def lengths_of_another_batch(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `pack_padded_sequence` with a number of lengths that is not the batch's."""
    call = case.call("pack_padded_sequence")
    first = call is not None and any(keyword.arg == "batch_first" for keyword in call.keywords)
    hint = "" if first else " If the input is [batch, steps, features], say `batch_first=True`."
    there = "There is 1 length" if found[1] == "1" else f"There are {found[1]} lengths"
    return RuleResult(
        f"{there}, and the batch is taken to hold {found[2]} sequences: each sequence has one length.{hint}"
    )
