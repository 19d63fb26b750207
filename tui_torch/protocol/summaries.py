"""What there is to say of values: one in the size of a row, and those of a namespace or of a function's frame."""

from __future__ import annotations

from typing import Literal

from tui_torch.protocol.late_dataclass import dataclass

Kind = Literal["tensor", "parameter", "array", "module", "optimizer", "dataset", "loader", "container", "value"]
"""`container`: a list, tuple, dict or dataclass that holds a tensor, an array or a module. `value`: anything else."""

Change = Literal["new", "changed", "changed in place", "gradient filled", "same", "gone"]
"""What a run did to a name. `changed`: bound to another object. `changed in place`: the object holds other numbers."""

Element = int | float | bool | str
"""One element of a tensor. Numbers that JSON lacks (`nan`, `inf`, `-inf`, complex numbers) arrive as text."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of the elements of one tensor. NaN and infinities are counted, and left out of everything else."""

    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    """Sample standard deviation, as `Tensor.std()` gives it; None for fewer than two finite elements."""
    nan: int
    inf: int
    zeros: int
    histogram: tuple[int, ...]
    """Ten counts over equal bins from minimum to maximum; empty without a finite element."""
    seen: int
    """Number of elements that were read: fewer than the tensor has when it was sampled."""


@dataclass(frozen=True, slots=True)
class ParameterSummary:
    """One parameter of a module."""

    name: str
    shape: tuple[int, ...]
    trainable: bool
    norm: float | None
    """Euclidean norm of the weights; None when they cannot be read (meta device, uninitialized)."""
    gradient_norm: float | None
    """Euclidean norm of `.grad`; None before any `backward()`."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One value of the namespace, or of a pinned expression, in the size of a row and its details."""

    name: str
    kind: Kind
    type: str
    """The class's name: `Tensor`, `Parameter`, `ndarray`, `Linear`, `int`."""
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    """`float32`, `int64`, …, without `torch.`."""
    device: str | None = None
    requires_grad: bool = False
    is_leaf: bool = True
    grad_fn: str | None = None
    """The class of the operation that made this tensor: `MulBackward0`. None at a leaf."""
    numel: int = 0
    """Number of elements of a tensor, of all parameters of a module or an optimizer, or of items of a container."""
    statistics: Statistics | None = None
    values: tuple[Element, ...] | None = None
    """Every element in row-major order; None for more than 64."""
    gradient: Summary | None = None
    """The summary of `.grad`."""
    parameters: tuple[ParameterSummary, ...] = ()
    """A module's parameters, the first 32."""
    text: str = ""
    """A plain value's repr, a module's one-line repr; at most 200 characters."""
    change: Change = "same"
    note: str | None = None
    """Why something could not be shown, or a failed pinned expression's error, in a sentence."""
    facts: tuple[tuple[str, str], ...] = ()
    """(setting, value) pairs of an optimizer, a dataset or a loader: `("batch size", "32")`; at most 24."""
    shares: tuple[str, ...] = ()
    """Other names whose elements are in the same storage, NumPy arrays included; the first 4."""
    read_at: str = ""
    """When a function's variable was read, if not with the others: `step 1,204`, `line 12`. `note` says so, too."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The summaries of a namespace after a run."""

    pinned: tuple[Summary, ...]
    """The step's pinned expressions, in the lesson's order."""
    variables: tuple[Summary, ...]
    """Names in the order in which they were first bound; names that begin with `_` are left out."""
    omitted: int = 0
    """Number of names left out because there were more than an inspection holds."""


@dataclass(frozen=True, slots=True)
class FrameLocals:
    """The local variables of a function of the learner's that a run trained in, as they were read last."""

    function: str
    """`train`, `Trainer.fit`, `closure`."""
    line: int
    """The line that it was at, counted from 1."""
    file: str | None
    """As of a `Frame`."""
    state: Literal["running", "ended", "raised"]
    """`ended`: at the end of the run's last step."""
    step: int
    """The step that all variables are of, besides those with a `read_at`."""
    steps: int
    """The number of steps that the run has done."""
    variables: tuple[Summary, ...]
    """In the order in which they were first bound. What hangs on `self` is named as one writes it: `self.model`."""
    omitted: int = 0
    """Number of names left out because there were more than an inspection holds."""

    @property
    def when(self) -> str:
        """As of when the variables are, and where it was: `line 12, as it ended`."""
        match self.state:
            case "raised":
                return f"line {self.line}, when it raised"
            case "ended" if self.steps > 1:
                return f"line {self.line}, as it ended, loop at step {self.step:,}"
            case "ended":
                return f"line {self.line}, as it ended"
            case "running":
                return f"line {self.line}, at step {self.step:,} of {self.steps:,}"

    @property
    def sentence(self) -> str:
        """What the variables are: `locals of train(), line 12, as it ended`."""
        return f"locals of {self.function}(), {self.when}"
