"""Help with the code that is being written: from the kernel where it answers in time, else from the code alone."""

from __future__ import annotations

import asyncio
import builtins
import keyword
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.code_help import (
    COMPLETIONS,
    Binding,
    Completion,
    Completions,
    Documentation,
    Signature,
    Signatures,
)
from tui_torch.protocol.orders import Complete, DescribeCall, DescribeExpression, Portion, Run
from tui_torch.tutor.code_help.names_in_code import bound_in, names_at

if TYPE_CHECKING:
    from tui_torch.tutor.code_help.place import Place

WITHIN = 0.08
"""Seconds that the kernel has for an answer that is to be on the screen a tenth of a second after the key."""
PATIENCE = 2.0
"""Seconds for a documentation, which was asked for by a key of its own."""
AT_ONCE = 1000
"""Maximum number of lines that are read between two keys; more of them are read beside."""
_KINDS = {"import": "imported", "class": "class", "function": "function"}


class WritingHelp:
    """Says how code may go on, what a call takes, and what there is to read about an expression."""

    def __init__(
        self,
        kernel: KernelSession,
        standing: Callable[[], Sequence[str]],
        ran: Callable[[], Sequence[str]],
        *,
        goes_on: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make help for one editor.

        Args:
            standing: The codes that the code stands on, oldest first.
            ran: The codes that the kernel has the values of, oldest first.
            goes_on: Whether the code finds all names that these left, as a cell does.
        """
        self._kernel = kernel
        self._standing = standing
        self._ran = ran
        self._goes_on = goes_on

    async def completions(self, place: Place, code: str, row: int) -> tuple[Completion, ...]:
        """How what is written at a place may go on; empty where nothing is known."""
        if not place.is_completed:
            return ()
        names = await self._names(code, row)
        call = place.call if place.begins_argument else None
        order = Complete(
            names,
            place.prefix,
            place.of,
            place.module,
            place.package,
            place.keys_of,
            call.function if call is not None else "",
            call.given if call is not None else (),
            self._goes_on(),
        )
        try:
            async with asyncio.timeout(WITHIN):
                answer = await self._kernel.ask(order, Completions)
        except TimeoutError:
            answer = None
        if answer is not None:
            return answer.items
        return _from_the_code(names, place.prefix) if place.is_name else ()

    async def signatures(self, place: Place, code: str, row: int) -> tuple[Signature, ...]:
        """The ways to call the function that the place is in a call of."""
        if place.call is None:
            return ()
        names = await self._names(code, row)
        try:
            async with asyncio.timeout(WITHIN):
                answer = await self._kernel.ask(DescribeCall(names, place.call.function, self._goes_on()), Signatures)
        except TimeoutError:
            answer = None
        return () if answer is None else answer.ways

    async def documentation(self, expression: str, code: str, row: int) -> Documentation | None:
        """What there is to read about an expression; None where the kernel does not answer."""
        # A name that is asked about where it is first bound is there once that has run.
        bound = {binding.name: binding for binding in await self._names(f"{code}\n", code.count("\n") + 1)}
        bound |= {binding.name: binding for binding in await self._names(code, row)}
        names = tuple(bound.values())
        try:
            async with asyncio.timeout(PATIENCE):
                order = DescribeExpression(names, expression, self._goes_on())
                return await self._kernel.ask(order, Documentation)
        except TimeoutError:
            return None

    async def _names(self, code: str, row: int) -> tuple[Binding, ...]:
        ran: dict[str, Binding] = {}
        for portion in self._ran():
            ran |= bound_in(portion)
        standing = self._standing()
        if code.count("\n") <= AT_ONCE:
            return names_at(code, row, standing, ran)
        return await asyncio.to_thread(names_at, code, row, standing, ran)


def codes_of(standing: Sequence[Portion], run: Run | None = None) -> list[str]:
    """The codes of portions, and of a run with what it stands on."""
    portions = standing if run is None else (*standing, *run.standing)
    return [portion.code for portion in portions] + ([] if run is None else [run.code])


def _from_the_code(names: Sequence[Binding], prefix: str) -> tuple[Completion, ...]:
    """What the code alone says, while no kernel does: the names that it binds, and those of Python."""
    found = {binding.name: _KINDS.get(binding.kind, "") for binding in names}
    for name in (*keyword.kwlist, *sorted(vars(builtins), key=str.casefold)):
        found.setdefault(name, "keyword" if keyword.iskeyword(name) else "")
    fit = [
        Completion(name, detail)
        for name, detail in found.items()
        if name.casefold().startswith(prefix.casefold()) and (name[:1] != "_" or prefix[:1] == "_")
    ]
    return tuple(sorted(fit, key=lambda one: not one.text.startswith(prefix))[:COMPLETIONS])
