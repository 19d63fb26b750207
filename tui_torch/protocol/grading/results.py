"""What was found of an answer: the result of each check, the smallest input that fails, how long it took."""

from __future__ import annotations

from tui_torch.protocol.late_dataclass import dataclass

MOST_ROWS, MOST_COLUMNS = 8, 6
"""Maximum number of cells of a shown value."""


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value that a check compared: what it is, and a window of its elements."""

    head: str
    """Its shape and dtype, `[2, 3] float32`; anything but a tensor is written out."""
    rows: tuple[tuple[str, ...], ...] = ()
    """At most 8 rows of 6 elements; empty for anything but a tensor."""
    labels: tuple[str, ...] = ()
    """The index of each row, `[0, 1]`, where there are more than two dimensions; empty otherwise."""
    is_cut: bool = False
    """Whether there are more elements than these."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest input that was found on which an answer fails, and what comes of it."""

    inputs: tuple[tuple[str, str], ...]
    """(name, value) pairs, each value in a line."""
    what: str
    """What is compared: `softmax(x)`, `the gradient of x`."""
    expected: ShownValue | None = None
    got: ShownValue | None = None
    """None where there is nothing to compare, as after an error."""
    differing: tuple[tuple[int, int], ...] = ()
    """The (row, column) of the shown elements that differ."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check of an exercise."""

    name: str
    passed: bool
    message: str = ""
    """What was found and what was expected; empty when the check passed."""
    seconds: float | None = None
    """How long it took; None where that is not measured, as in a lesson."""
    counterexample: Counterexample | None = None
    """Of a failed check with drawn inputs."""
    hidden: bool = False
    """Whether it is named only when it fails."""
    was_stopped: bool = False
    """Whether it failed because it was stopped, by the learner or after its time: nothing else is known of it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The time and memory of a right answer beside those of a reference on the same inputs, measured in turns."""

    reference: str
    """The code of the reference: `torch.softmax(x, -1)`."""
    seconds: float
    reference_seconds: float
    """The shortest time of one call."""
    bytes: int
    reference_bytes: int
    """The largest sum of the tensors that a call has alive at once, without its inputs."""

    @property
    def times(self) -> float:
        """How many times the reference's time it takes."""
        return self.seconds / max(self.reference_seconds, 1e-9)

    @property
    def memory(self) -> float | None:
        """How many times the reference's memory it takes; None where the reference makes no tensor."""
        return self.bytes / self.reference_bytes if self.reference_bytes else None
