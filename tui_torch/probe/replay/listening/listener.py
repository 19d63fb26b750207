"""What is heard of the learner's code as it runs, by whatever CPython offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType

from tui_torch.probe.replay.listening.frame_state import WayOfLeaving
from tui_torch.probe.source.inlined_comprehensions import inlined_comprehensions

_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
"""Names of the code of comprehensions, which count as part of their line."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is called for what the learner's code does, each with its frame.

    A RecursionError that one of them raises is dropped: the code is about to run out of stack too, and gets its own.
    """

    entered: Callable[[FrameType, bool], None]
    """A frame is entered: for the first time, or as a generator's that goes on."""
    line_reached: Callable[[FrameType], None]
    """A line is about to run, once more in each turn of a loop that has one line."""
    left: Callable[[FrameType, WayOfLeaving | None, object], None]
    """A frame is left: how, None if by an exception, and with which value."""
    raised: Callable[[FrameType, BaseException | None], None]
    """An exception is raised in a frame, or reaches it from a function that it called."""
    interrupted: Callable[[FrameType], None]
    """One of the above was ended by an exception, such as an interrupt, which is then raised in the learner's code."""


class Listener(ABC):
    """Hears what the learner's code does in the thread of `start()`. It is started once."""

    name: str
    """What of Python's it listens by."""
    is_trace_function: bool
    """Whether Python treats it as a trace function, which may write a function's variables."""

    def __init__(self, filename: str, told: Told) -> None:
        """Prepare to hear code that is compiled under a filename."""
        self._filename = filename
        self._told = told
        self._is_listening = False
        self._met: dict[int, CodeType] = {}
        """The code that was run so far, by its id."""
        self._inlined: dict[int, frozenset[int]] = {}
        """Where the comprehensions are that are compiled into code, by its id."""

    def is_followed(self, code: CodeType) -> bool:
        """Whether code is the learner's own, and no comprehension."""
        return code.co_filename == self._filename and code.co_name not in _COMPREHENSIONS

    def _meet(self, code: CodeType) -> bool:
        """Remember code that is run; return whether it is met for the first time."""
        if id(code) in self._met:
            return False
        self._met[id(code)] = code
        if inlined := inlined_comprehensions(code):
            self._inlined[id(code)] = inlined
        return True

    @abstractmethod
    def start(self) -> None:
        """Hear the frames that are entered from now on."""

    @abstractmethod
    def pause(self, frame: FrameType | None = None) -> None:
        """Hear nothing more, while the learner's code runs on at full speed.

        Args:
            frame: The innermost of its frames, if functions are running that should be let go of.
        """

    @abstractmethod
    def stop(self) -> None:
        """Put back all that was installed, once the learner's code is done. A second call changes nothing."""

    @abstractmethod
    def why_lost(self) -> str | None:
        """Why the learner's code is no longer heard, as the end of a sentence; None if it is."""

    @abstractmethod
    def out_of_hearing(self, work: Callable[[], object]) -> None:
        """Do a work of our own, called by the learner's code, where Python does not tell of our functions."""
