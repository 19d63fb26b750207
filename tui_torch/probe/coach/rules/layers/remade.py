"""What is made again with every step and so forgets what it has learned: a layer, a model, an optimizer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from weakref import ref

import torch

from tui_torch.probe.coach.fixes import Fix, both, inserted_after, moved_before, noted, replaced, statement_at
from tui_torch.probe.coach.rule import BackwardSnapshot, CoachRule, Facts, Step
from tui_torch.probe.coach.wording import times
from tui_torch.probe.isolation.torch_internals import is_parameter
from tui_torch.probe.source.lines import Loop, Source, called
from tui_torch.probe.source.names_in_scope import modules
from tui_torch.protocol.notes import Note

ENOUGH = 5
"""The number of steps in a row after which it is no accident."""
_MOST = 40
"""Maximum number of steps that are followed."""
_LAYERS = ("Linear", "Conv1d", "Conv2d", "Conv3d", "Embedding", "LSTM", "GRU", "RNN", "BatchNorm1d", "BatchNorm2d")
_STATELESS = ("SGD", "ASGD")
_REPEATS = (
    "manual_seed",
    "seed",
    "deepcopy",
    "clone_module",
    "functional_call",
    "normal_",
    "kaiming_normal_",
    "orthogonal_",
)
"""What is called in a loop whose passes are to be independent of each other, or where a layer is to be random."""


class Remade(CoachRule):
    """Follows which parameters backward() fills, and which optimizers step, from one step to the next."""

    def __init__(self) -> None:
        self._met: dict[int, ref[torch.Tensor]] = {}
        self._new: list[tuple[int, int, tuple[int, ...]]] = []
        """Of each `backward()`: how many parameters are new, how many it has, the shape of the largest new one."""
        self._fresh: list[int] = []
        """The ids of the parameters that were new at the last `backward()`."""
        self._unheld = 0
        """The number of times that no step held the new ones."""
        self._optimizers: list[tuple[str, str, int, ref[torch.Tensor] | None, bool]] = []
        """Kind, name, steps so far, first parameter and whether it has a memory, of the optimizer of each step."""
        self._of: ref[torch.optim.Optimizer] | None = None
        self._held_new = 0
        """The number of steps of a new optimizer that holds the parameters that are new."""
        self._lines: set[int] = set()
        self._rates: set[float] = set()

    def after_backward(self, snapshot: BackwardSnapshot) -> None:
        if len(self._new) == _MOST:
            return
        parameters = [leaf for leaf in snapshot.graph.leaves if is_parameter(leaf)]
        fresh = [one for one in parameters if (met := self._met.get(id(one))) is None or met() is not one]
        self._met |= {id(one): ref(one) for one in fresh}
        shape = tuple(max(fresh, key=torch.Tensor.numel).shape) if fresh else ()
        self._new.append((len(fresh), len(parameters), shape))
        self._fresh = [id(one) for one in fresh]
        self._lines.add(snapshot.record.line)

    def before_step(self, step: Step) -> None:
        if len(self._optimizers) == _MOST:
            return
        is_new = self._of is None or self._of() is not step.optimizer
        self._of = ref(step.optimizer)
        group = step.optimizer.param_groups[0]
        first = next(iter(group["params"]), None)
        remembers = type(step.optimizer).__name__ not in _STATELESS or bool(group.get("momentum"))
        self._optimizers.append(
            (step.record.kind, step.record.name, is_new, None if first is None else ref(first), remembers)
        )
        self._rates.add(float(group["lr"]))
        if self._fresh:
            held = step.record.held & set(self._fresh)
            self._unheld += not held
            self._held_new += bool(held) and is_new
        self._fresh = []

    def notes(self, facts: Facts) -> Iterator[Note]:
        yield from self._layer(facts)
        yield from self._optimizer(facts)
        yield from self._model(facts)

    def _layer(self, facts: Facts) -> Iterator[Note]:
        """A layer that a model, or the loop, makes for each step, and that no optimizer holds."""
        rows = self._new
        if len(rows) < ENOUGH or self._unheld < ENOUGH - 1 or not all(new for new, _, _ in rows):
            return
        # At the first step, all are new.
        if not any(new < of for new, of, _ in rows[1:]) or len({shape for _, _, shape in rows[1:]}) != 1:
            return
        call = _layer_made(facts.source, self._lines)
        if call is None:
            return
        shape = rows[-1][2]
        says = (
            f"`{facts.source.named(call)}` is made again for each of {times(facts.backwards, 'step')}: at each of the "
            f"first {len(rows)}, `backward()` fills {times(rows[-1][0], 'new parameter')}, one of shape {list(shape)}, "
            f"that no optimizer holds. It never learns: make it once, before the loop or in `__init__`."
        )
        yield noted("layer-remade", says, call.lineno, _made_once(call, facts))

    def _optimizer(self, facts: Facts) -> Iterator[Note]:
        """An optimizer with a memory that makes one step, over the same parameters as the one before it."""
        rows = self._optimizers
        if len(rows) < ENOUGH or len({(kind, name) for kind, name, *_ in rows}) != 1 or len(self._rates) != 1:
            return
        first = rows[0][3]() if rows[0][3] is not None else None
        if first is None or not all(new and remembers and of is not None and of() is first
                                    for _, _, new, of, remembers in rows):  # fmt: skip
            return
        kind, name = rows[0][:2]
        made = _made_in_loop(kind, facts)
        if made is None:
            return
        says = (
            f"`{name}` is made again for each step: of the first {len(rows)} steps, each was the first of a new "
            f"`{kind}`, which forgets the averages of the gradients before it. Make it once, before the loop."
        )
        yield noted("optimizer-remade", says, made.lineno, _before_the_loop(made, facts.source))

    def _model(self, facts: Facts) -> Iterator[Note]:
        """A model, and an optimizer for it, that are made for each batch, and thrown away after one step."""
        rows = self._new
        enough = 2 * ENOUGH
        if len(rows) < enough or not all(new == of > 0 for new, of, _ in rows) or self._held_new < enough - 1:
            return
        if len({shape for _, _, shape in rows}) != 1 or len(self._rates) != 1 or not facts.curves.epoch_starts:
            return
        name = next((name for name, module in modules(facts.names) if any(True for _ in module.parameters())), None)
        made = facts.source.assigned(name) if name is not None else None
        if made is None or name is None or _repeats(made.lineno, facts.source):
            return
        if not facts.source.loops_around(made.lineno):
            return
        says = (
            f"`{name}` is made again for each batch: the first {len(rows)} `backward()` calls fill "
            f"{times(rows[0][1], 'parameter')} each, all new ones, which make a single step. Make the model and its "
            f"optimizer once, before the loop."
        )
        model = _before_the_loop(made, facts.source)
        optimizer = _made_in_loop(self._optimizers[0][0], facts)
        fix = both(facts.source, model, _before_the_loop(optimizer, facts.source)) if optimizer is not None else None
        if fix is not None:
            model_line, loop, optimizer_line, _ = fix.shown.split("\n")
            fix = Fix(f"{model_line}\n{optimizer_line}\n{loop}", fix.edits)
        yield noted("model-remade", says, made.lineno, fix)


def _layer_made(source: Source, lines: set[int]) -> ast.Call | None:
    """Return the code that makes a layer in `forward()`, or in the loop of a `backward()`, and uses it at once."""
    for call in source.calls(*_LAYERS):
        function = source.function_around(call.lineno)
        if function is not None and function.name == "forward":
            return call
        if any(source.share_a_loop(call.lineno, line) for line in lines) and not _repeats(call.lineno, source):
            return call
    return None


def _made_in_loop(kind: str, facts: Facts) -> ast.Assign | None:
    source = facts.source
    for call in source.calls(kind):
        made = statement_at(source, call.lineno)
        function = source.function_around(call.lineno)
        is_in_loop = bool(source.loops_around(call.lineno)) or function is not None
        if isinstance(made, ast.Assign) and is_in_loop and not _repeats(call.lineno, source):
            return made
    return None


def _repeats(line: int, source: Source) -> bool:
    """Return whether what is made on a line belongs to one of several trials."""
    loops = source.loops_around(line)
    around: ast.AST | None = loops[-1] if loops else source.function_around(line)
    return around is not None and any(
        isinstance(node, ast.Call) and called(node) in _REPEATS for node in ast.walk(around)
    )


def _before_the_loop(made: ast.Assign, source: Source) -> Fix | None:
    """Return the code with an assignment before the outermost loop around it, in its function."""
    function = source.function_around(made.lineno)
    loops: list[Loop] = [loop for loop in source.loops_around(made.lineno)
                         if source.function_around(loop.lineno) is function]  # fmt: skip
    return moved_before(source, made, loops[0]) if loops else None


def _made_once(call: ast.Call, facts: Facts) -> Fix | None:
    """Return the code with a layer made in `__init__`, or before the optimizer, which gets its parameters too."""
    source = facts.source
    if source.function_around(call.lineno) is not None:
        return _made_in_init(call, source)
    made, optimizer = statement_at(source, call.lineno), source.assigned(facts.optimizers[0].name)
    if not isinstance(made, ast.Assign) or made.value is not call or len(facts.optimizers) != 1 or optimizer is None:
        return None
    given = optimizer.value.args[0] if isinstance(optimizer.value, ast.Call) and optimizer.value.args else None
    if given is None or not source.named(given).endswith(".parameters()"):
        return None
    all_of_them = f"[*{source.named(given)}, *{source.named(made.targets[0])}.parameters()]"
    moved, held = moved_before(source, made, optimizer), replaced(source, given, all_of_them)
    fix = both(source, moved, held)
    if fix is None or moved is None or held is None:
        return None
    return Fix(moved.shown.split("\n")[0] + "\n" + held.shown, fix.edits)


def _made_in_init(call: ast.Call, source: Source) -> Fix | None:
    around = [
        node for node in source.nodes
        if isinstance(node, ast.ClassDef) and node.lineno <= call.lineno <= (node.end_lineno or 0)
    ]  # fmt: skip
    if not around:
        return None
    init = next((one for one in around[-1].body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    name = f"self.{called(call).lower()}"
    if init is None or name in source.text:
        return None
    kept = inserted_after(source, init.body[-1], f"{name} = {source.named(call)}")
    return both(source, kept, replaced(source, call, name))
