"""Errors of device: tensors on two devices, a GPU that is absent or full, and NumPy, which works on the CPU."""

from __future__ import annotations

import ast
import re

import torch

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.failing_code import paths
from tui_torch.probe.errors.memory_holders import holders
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.source.names_in_scope import names_in_scope
from tui_torch.probe.values.elements import Base
from tui_torch.probe.values.module_tree import parameters


def _device_of(value: object) -> str | None:
    """Where a tensor, or a module with its first parameter, is; None for everything else."""
    if issubclass(type(value), torch.nn.Module):
        value = next((parameter for _, parameter in parameters(value)), None)
    if not issubclass(type(value), torch.Tensor):
        return None
    with unobserved():
        return str(Base.device.__get__(value))


@rule(r"Expected all tensors to be on the same device, but (?:found at least two devices|got)", RuntimeError)
@rule(r"Tensor on device (\S+) is not on the expected device (\S+?)!", RuntimeError)
@rule(r"Input type \((?:torch\.)?\w*\.?\w+\) and weight type \(torch\.cuda\.\w+\) should be the same", RuntimeError)
def two_devices(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an operation on tensors of two devices."""
    devices = {ast.unparse(piece): device for piece in paths(case.node) if (device := _device_of(case.find(piece)))}
    pair = case.pair()
    first, second = (_device_of(case.find(part)) for part in pair) if pair is not None else (None, None)
    if pair is None or first is None or second is None or first == second:
        places = ", ".join(f"`{name}` is on {device}" for name, device in list(devices.items())[:4])
        return RuleResult(
            f"An operation needs all its tensors on one device{': ' + places if places else ''}. Move the model and "
            "every batch to the same one with `.to(device)`."
        )
    left, right = pair
    # A meta tensor has no elements to move; otherwise the tensor on the CPU moves.
    moved, stays = (left, right) if second != "meta" and first == "cpu" else (right, left)
    suggested_fix = None
    if "meta" not in (first, second):
        suggested_fix = case.working_fix({moved: f"{{}}.to({ast.unparse(stays)}.device)"}, unseen=True)
    end = (
        " Nothing can be computed with a meta tensor: it has a shape and no elements." if suggested_fix is None else ""
    )
    return RuleResult(
        f"{case.quoted(left)} is on {first} and {case.quoted(right)} is on {second}; an operation needs both on one "
        f"device.{end}",
        suggested_fix,
    )


@rule(r"Torch not compiled with CUDA enabled", AssertionError)
@rule(r"Found no NVIDIA driver on your system|No CUDA GPUs are available", RuntimeError)
def no_gpu(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `.cuda()` where PyTorch sees no NVIDIA GPU."""
    suggested_fix = None
    match case.node:
        case ast.Call(func=ast.Attribute(held, "cuda"), args=[]):
            chosen = case.find(ast.Name("device", ast.Load()))
            is_chosen = type(chosen) in (str, torch.device) and str(chosen) == "cpu"
            suggested_fix = case.working_fix(
                f"({ast.unparse(held)}).to({'device' if is_chosen else repr('cpu')})", unseen=True
            )
        case ast.Call(keywords=keywords) as call:
            device = next((keyword.value for keyword in keywords if keyword.arg == "device"), None)
            device = device or next((part for part in call.args if isinstance(part, ast.Constant)), None)
            if device is not None and isinstance(case.find(device), str):
                suggested_fix = case.working_fix({device: "'cpu'"}, unseen=True)
        case _:
            pass
    return RuleResult(
        "This PyTorch sees no NVIDIA GPU here, so nothing can be moved to `cuda`. Choose the device once: "
        '`device = "cuda" if torch.cuda.is_available() else "cpu"`, and use `.to(device)`.',
        suggested_fix,
    )


@rule(r"Expected one of cpu, cuda, .* device type at start of device string: (\w+)", RuntimeError)
def unknown_device(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.to('gpu')`."""
    meant = (
        " A GPU is called `cuda` (NVIDIA) or `mps` (Apple)." if found[1].lower() in ("gpu", "nvidia", "apple") else ""
    )
    return RuleResult(f"There is no device named '{found[1]}': the usual ones are 'cpu', 'cuda' and 'mps'.{meant}")


@rule(r"can't convert (\S+) device type tensor to numpy", TypeError)
def numpy_of_a_gpu_tensor(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain `x.numpy()` on a tensor that is not on the CPU."""
    held = case.argument(case.call("numpy"), 0, "input")
    if found[1] == "meta":
        return RuleResult(
            f"{case.quoted(held)} is on the meta device: it has a shape and no elements, so there is no array of it."
        )
    return RuleResult(
        f"{case.quoted(held)} is on {found[1]}, and NumPy sees the CPU's memory only: bring it there first.",
        case.working_fix({held: "{}.cpu()"}, {held: "{}.detach().cpu()"}, unseen=True) if held is not None else None,
    )


@rule(r"Cannot copy out of meta tensor; no data!", NotImplementedError)
def out_of_meta(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a copy from a meta tensor, which has no elements."""
    return RuleResult(
        "A tensor on the meta device has a shape and no elements, so there is nothing to copy. Make it on a real "
        "device, or use `torch.empty_like(x, device='cpu')` (for a module `.to_empty(device='cpu')`) and fill it."
    )


@rule(
    r"CUDA out of memory\. Tried to allocate (?P<asked>[\d.]+ \w+)\. GPU (?P<gpu>\d+) has a total capacity of "
    r"(?P<capacity>[\d.]+ \w+) of which (?P<free>[\d.]+ \w+) is free"
)
def full_gpu(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an allocation that a GPU has no room for, with the names that hold its memory."""
    return RuleResult(
        f"This line asks GPU {found['gpu']} for {found['asked']}, and {found['free']} of its {found['capacity']} are "
        f"free.{_who_holds(case, 'cuda:' + found['gpu'])} {_SAVE_MEMORY}"
    )


@rule(r"you tried to allocate (\d+) bytes|CUDA out of memory")
def out_of_memory(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain an allocation that the memory of the CPU or of the GPU has no room for."""
    if found[1] is None:
        return RuleResult(f"The GPU has no room for another tensor of that size. {_SAVE_MEMORY}")
    return RuleResult(
        f"This line needs {int(found[1]) / 2**30:,.1f} GiB of memory at once, more than there is."
        f"{_who_holds(case, 'cpu')} Look at the sizes: a product of [N, 1] and [1, N] has N x N elements."
    )


_SAVE_MEMORY = (
    "Use a smaller batch, predict under `torch.no_grad()`, and keep `loss.item()` rather than `loss` when you collect "
    "losses."
)
_WORTH_NAMING = 1 << 20
"""Minimum number of bytes that a name holds for it to be named."""


def _who_holds(case: ErrorCase, device: str) -> str:
    """A sentence with the names that hold most of a device's memory, at most three, and a space before it; or none."""
    if case.frame is None:
        return ""
    largest = [(name, size) for name, size in holders(names_in_scope(case.frame), device) if size >= _WORTH_NAMING]
    if not largest:
        return ""
    first, *more = (f"`{name}` {{}}{_size_text(size)}" for name, size in largest[:3])
    return " " + ", ".join([first.format("holds "), *(text.format("") for text in more)]) + "."


def _size_text(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
