"""A model that trains in `eval()`, or is judged in `train()`, and has layers for which it makes a difference."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

from torch import nn

from tui_torch.probe.coach.fixes import noted
from tui_torch.probe.coach.heard.without_gradients import block_at
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, Step
from tui_torch.probe.coach.switching_modes import eval_around, switched_by, train_before
from tui_torch.probe.coach.wording import number
from tui_torch.probe.isolation.torch_internals import BatchNormBase, DropoutBase
from tui_torch.probe.source.lines import Source, called
from tui_torch.probe.source.names_in_scope import NamedValues, modules
from tui_torch.protocol.notes import Note

_MEASURES = ("loss", "criterion", "accuracy", "acc", "correct", "mse", "error")


@dataclass(frozen=True, slots=True)
class _InEval:
    """A model that was in `eval()` when a `backward()` filled its weights."""

    module: nn.Module
    name: str
    layers: str
    """What its layers do in that mode."""
    line: int
    number: int
    """The number of the `backward()` in the run."""


class TrainEvalMode(CoachRule):
    """Finds a model that steps in `eval()`, and one that is measured without gradients in `train()`."""

    def __init__(self, source: Source | None = None) -> None:
        self._training: Note | None = None
        self._judging: Note | None = None
        self._in_eval: list[_InEval] = []
        self._source = source

    def before_backward(self, snapshot: BackwardSnapshot) -> None:
        self._source = snapshot.source
        # An attack goes backward in eval(), for the input's gradient: what counts is the last one before a step.
        self._in_eval = []
        if self._training is not None:
            return
        leaves = {id(leaf) for leaf in snapshot.graph.leaves}
        for name, module in modules(snapshot.names):
            if module.training or not leaves.intersection(map(id, module.parameters())):
                continue
            layers = " and ".join(_kinds(module, training=False))
            if layers:
                self._in_eval.append(_InEval(module, name, layers, snapshot.record.line, snapshot.number))

    def before_step(self, step: Step) -> None:
        # Its input may be what is optimized, which is done in eval(): only a model whose weights move trains.
        if self._training is not None or self._source is None:
            return
        training = [
            found
            for found in self._in_eval
            if found.number == step.backwards
            and not found.module.training
            and step.record.held.intersection(map(id, found.module.parameters()))
        ]
        if not training:
            return
        found = training[0]
        switching = switched_by(found.name, found.line, self._source)
        says = f"`{found.name}` is in `eval()` while it trains: its {found.layers}."
        if switching is not None:
            says += f" Line {switching.lineno} switched it."
        says += f" `{found.name}.train()` before the training switches it back."
        fix = train_before(found.name, found.line, switching, self._source)
        self._training = noted("trains-in-eval", says, found.line, fix)

    def gradients_off(self, frame: FrameType, names: NamedValues) -> None:
        if self._judging is not None:
            return
        source = self._source
        if source is None:
            return
        node = block_at(frame, source)
        if node is None or any(call.args == [] and called(call) == "eval" for call in _calls(node)):
            return
        for name, module in modules(names):
            uses = [call for call in _calls(node) if ast.unparse(call.func) == name]
            layers = " and ".join(_kinds(module, training=True))
            if not uses or not module.training or not layers or not _is_judgement(node, source):
                continue
            says = (
                f"`{name}` is judged in `train()`: its {layers}. Switch it with `{name}.eval()` first, and back with "
                f"`{name}.train()` before it trains on."
            )
            line = uses[0].lineno
            self._judging = noted("judged-in-train", says, line, eval_around(name, node, source))
            return

    def notes(self, facts: Facts) -> Iterator[Note]:
        for note in (self._training, self._judging):
            if note is not None:
                yield note


def _sensitive(module: nn.Module) -> list[nn.Module]:
    """Return the layers that behave differently in training.

    Where some weights are frozen, as with adapters or a new head, layers are still on purpose, but not a batch norm
    whose own weights learn.
    """
    frozen = any(not parameter.requires_grad for parameter in module.parameters())
    return [
        layer
        for layer in module.modules()
        if (isinstance(layer, DropoutBase) and layer.p > 0 and not frozen)
        or (
            isinstance(layer, BatchNormBase)
            and (not frozen or any(parameter.requires_grad for parameter in layer.parameters()))
        )
    ]


def _kinds(module: nn.Module, *, training: bool) -> list[str]:
    """Return what such layers do in the wrong mode, each kind once."""
    found: dict[str, str] = {}
    for layer in _sensitive(module):
        if layer.training is not training:
            continue
        kind = type(layer).__name__
        if isinstance(layer, DropoutBase):
            rate = number(layer.p)
            found[kind] = f"`{kind}({rate})` drops values at random" if training else f"`{kind}({rate})` drops nothing"
        elif training:
            found[kind] = f"`{kind}` takes the statistics of each batch, and learns from them"
        else:
            found[kind] = f"`{kind}` uses its running statistics, and learns none"
    return list(found.values())


def _calls(node: ast.AST) -> list[ast.Call]:
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]


def _is_judgement(node: ast.With | ast.FunctionDef, source: Source) -> bool:
    """Return whether the block measures a model, rather than sampling, or computing what a training step uses."""
    inside = list(ast.walk(node))
    measures = any(
        (isinstance(part, ast.Call) and (called(part) in ("item", "argmax", "print") or _measures(called(part))))
        or (isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and _measures(part.id))
        for part in inside
    )
    backwards = [call.lineno for call in source.calls("backward")]
    if any(source.share_a_loop(node.lineno, line) or source.share_a_loop(line, node.lineno) for line in backwards) and (
        isinstance(node, ast.With) and not measures
    ):
        return False
    if isinstance(node, ast.FunctionDef) and not measures:
        return False
    # `train()` before it, and no training in between: it is intended.
    function = source.function_around(node.lineno)
    trains = [
        call.lineno
        for call in source.calls("train")
        if not call.args and call.lineno < node.lineno and source.function_around(call.lineno) is function
    ]
    meant = bool(trains) and not any(trains[-1] < line < node.lineno for line in backwards)
    values_used = any(isinstance(part, ast.Call) and part.args for part in inside)
    return not meant and values_used


def _measures(name: str) -> bool:
    return any(word in name.lower() for word in _MEASURES)
