"""The probe in a kernel that others use, from `attach()` until its app leaves or is gone: then nothing is left."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Set
from contextlib import suppress
from importlib import metadata
from typing import TYPE_CHECKING, Any

from tui_torch.probe.attached.link import AppLink
from tui_torch.probe.attached.peeking import peek
from tui_torch.probe.attached.plain_names import plain_inspection
from tui_torch.probe.attached.torch_arrival import tell_of_torch
from tui_torch.protocol.attachment import (
    CODE_LIMIT,
    Asked,
    Beside,
    CellBegan,
    CellEnded,
    Joined,
    Leave,
    Peek,
    TorchImported,
)
from tui_torch.protocol.inspection_updates import InspectionSender
from tui_torch.protocol.orders import ReadOn, Request, Watch

if TYPE_CHECKING:
    from tui_torch.probe.attached.torch_watch import TorchWatch

CLOSING = 1.0
"""Seconds in which the control thread lets its connection go, unless it is held up."""

_PACKAGE = "tui_torch"

_EMPTY_LINES = re.compile(r"\A(?:[ \t]*\n)+")

_current: AttachedProbe | None = None


def attach(shell: Any, path: str, modules: Set[str]) -> None:
    """Join an app that listens at a socket to this kernel. Raises OSError where nobody listens.

    Args:
        shell: IPython's shell.
        path: That of the socket.
        modules: What had been imported before this package was.
    """
    global _current
    _current = AttachedProbe(shell, modules)
    try:
        _current.begin(path)
    except BaseException:
        _current.leave()
        raise


def make_room() -> bool:
    """Whether another app may join: there is none, or one that is gone, of which nothing is left now."""
    if _current is not None:
        _current.look()
    return _current is None


class AttachedProbe:
    """Tells an app of each cell that others run, and of what the cell left. Nothing here raises into their cells.

    Args:
        shell: IPython's shell.
        modules: What had been imported before this package was.
    """

    def __init__(self, shell: Any, modules: Set[str]) -> None:
        self._shell = shell
        self._modules = modules
        self._link: AppLink | None = None
        self._inspections = InspectionSender()
        self._known = 0
        """The number of the last inspection that was sent."""
        self._torch: TorchWatch | None = None
        self._take_out: list[Callable[[], None]] = []
        self._cell: CellBegan | None = None
        """The cell that runs."""
        self._filename = ""
        """The name that it is compiled under."""
        self._began = 0.0
        self._is_leaving = False
        self._watched: tuple[str, ...] = ()

    def begin(self, path: str) -> None:
        """Connect, and tell what there is. Raises OSError."""
        link = self._link = AppLink(path, self._shell.kernel.io_loop, self._hear, self.leave)
        torch = sys.modules.get("torch")
        imported = str(getattr(torch, "__version__", "")) if torch is not None else None
        link.send(Joined(os.getpid(), imported or None, _installed()))
        if not imported:
            self._take_out.append(tell_of_torch(self._torch_arrived))
        elif (problem := self._begin_torch()) is not None:
            link.send(TorchImported(imported, problem))
        self._begin_beside(path)
        self._listen("pre_run_cell", self._cell_begins)
        self._listen("post_run_cell", self._cell_ended)
        self._send_inspection()

    def look(self) -> None:
        """See whether the app is there, and leave if it is not."""
        if self._link is not None:
            self._link.look()
            self._leave_if_lost()

    def leave(self) -> None:
        """Take all out of the kernel that was put into it; while a cell runs, when that is over."""
        global _current
        if self._cell is not None:
            self._is_leaving = True
            return
        while self._take_out:
            with suppress(Exception):
                self._take_out.pop()()
        self._torch = None
        _forget_modules(self._modules)
        if _current is self:
            _current = None
        link, self._link = self._link, None
        if link is not None:
            with suppress(Exception):
                link.close()

    def _begin_beside(self, path: str) -> None:
        """Hear in ipykernel's control thread what is asked while a cell runs, where there is one."""
        loop = getattr(getattr(self._shell.kernel, "control_thread", None), "io_loop", None)
        if loop is None:
            return
        links: list[AppLink] = []

        def close() -> None:
            while links:
                with suppress(Exception):
                    links.pop().close()

        def answer(order: Asked) -> None:
            if isinstance(order, Peek) and self._cell is not None:
                with suppress(Exception):
                    links[0].send(peek(self._shell.user_ns))

        def connect() -> None:
            with suppress(Exception):
                if self._link is not None:
                    links.append(AppLink(path, loop, answer, close))
                    links[0].send(Beside())

        def disconnect() -> None:
            is_closed = threading.Event()
            loop.add_callback(lambda: (close(), is_closed.set()))
            is_closed.wait(CLOSING)

        loop.add_callback(connect)
        self._take_out.append(disconnect)

    def _listen(self, event: str, hear: Callable[[Any], None]) -> None:
        events = self._shell.events
        events.register(event, hear)
        self._take_out.append(lambda: events.unregister(event, hear))

    # Torch

    def _torch_arrived(self) -> None:
        with suppress(Exception):
            version = str(getattr(sys.modules.get("torch"), "__version__", ""))
            problem = self._begin_torch()
            if problem is None and self._cell is not None and self._torch is not None:
                self._torch.begin_cell(self._cell.code, self._filename, self._cell.number)
            self._send(TorchImported(version, problem))

    def _begin_torch(self) -> str | None:
        """Watch what PyTorch does; why it cannot be, in a sentence, or None."""
        try:
            from tui_torch.probe.attached.torch_watch import TorchWatch

            watch = TorchWatch(self._shell.user_ns, self._send, self._hear_in_the_loop)
            self._take_out.append(watch.uninstall)
            watch.install()
        except Exception as error:
            return f"What PyTorch does there cannot be seen ({type(error).__name__}: {error})."
        watch.watched = self._watched
        self._torch = watch
        return None

    # Cells

    def _cell_begins(self, info: Any) -> None:
        with suppress(Exception, KeyboardInterrupt):
            if self._is_elsewhere():
                return
            self.look()
            if self._link is None:
                return
            raw = str(info.raw_cell)
            # IPython compiles, and counts the lines of, what is left then.
            code = _EMPTY_LINES.sub("", raw)
            self._cell = CellBegan(self._number(info), _as_text(code))
            self._filename = self._name_of(raw)
            self._send(self._cell)
            if self._torch is not None:
                self._torch.begin_cell(code, self._filename, self._cell.number)
            self._began = time.perf_counter()

    def _cell_ended(self, result: Any) -> None:
        if self._is_elsewhere() or self._cell is None:
            return
        seconds = time.perf_counter() - self._began
        cell, self._cell = self._cell, None
        error = result.error_before_exec or result.error_in_exec
        # The cell is over: an interrupt that comes now has nothing left to end.
        with suppress(Exception, KeyboardInterrupt):
            if self._torch is not None:
                self._torch.end_cell(error)
        with suppress(Exception, KeyboardInterrupt):
            self._send_inspection()
        with suppress(Exception, KeyboardInterrupt):
            outcome = "ok" if error is None else "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            self._send(CellEnded(cell.number, outcome, seconds))
        with suppress(Exception, KeyboardInterrupt):
            if self._is_leaving:
                self.leave()
            else:
                self._leave_if_lost()

    def _number(self, info: Any) -> int:
        """Its `In [3]`. By then the shell's own count is that of the next cell, or of this one: its versions differ."""
        with suppress(Exception):
            if info.store_history:
                return len(self._shell.history_manager.input_hist_raw)
        return int(self._shell.execution_count)

    def _name_of(self, code: str) -> str:
        """The name that a cell is compiled under."""
        try:
            return str(self._shell.compile.get_code_name(code, code, self._shell.execution_count))
        except Exception:
            return ""

    def _is_elsewhere(self) -> bool:
        """Whether this is a thread or a process that runs cells beside the kernel's own."""
        return threading.current_thread() is not threading.main_thread() or self._link is None or not self._link.is_ours

    # Orders

    def _hear(self, order: Asked) -> None:
        # In a loop of theirs, their interrupt is raised here, and is theirs.
        with suppress(Exception):
            self._follow(order)

    def _hear_in_the_loop(self) -> None:
        if not self._is_elsewhere() and self._link is not None:
            self._link.look()

    def _follow(self, order: Asked) -> None:
        match order:
            case Request():
                if self._torch is not None:
                    self._send(self._torch.look(order))
            case ReadOn():
                if self._torch is not None and self._cell is None:
                    inspection = self._torch.read_on()
                    if inspection is not None:
                        self._send_update(inspection)
            case Watch(names):
                self._watched = names
                if self._torch is not None:
                    self._torch.watched = names
            case Leave():
                self.leave()

    def _send_inspection(self) -> None:
        namespace = self._shell.user_ns
        self._send_update(plain_inspection(namespace) if self._torch is None else self._torch.inspect())

    def _send_update(self, inspection: Any) -> None:
        update = self._inspections.update(inspection, self._known)
        self._known = update.number if self._send(update) else 0

    def _send(self, value: object) -> bool:
        return self._link is not None and self._link.send(value)

    def _leave_if_lost(self) -> None:
        if self._link is not None and not self._link.is_open:
            self.leave()


def _installed() -> str | None:
    try:
        return metadata.version("torch")
    except Exception:  # it is not there, or what is known of it is broken
        return None


def _as_text(code: str) -> str:
    return code[:CODE_LIMIT].encode("utf-8", "replace").decode()


def _forget_modules(before: Set[str]) -> None:
    """Have this package be imported no more than it was."""
    for name in [name for name in sys.modules if name.partition(".")[0] == _PACKAGE and name not in before]:
        module = sys.modules.pop(name)
        package, _, attribute = name.rpartition(".")
        if package in before and getattr(sys.modules.get(package), attribute, None) is module:
            delattr(sys.modules[package], attribute)
