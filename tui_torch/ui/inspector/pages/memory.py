"""The Memory page: the bytes, the strides, and the other names in the same storage."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.cells import clipped
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import MemoryView
from tui_torch.ui.inspector.page import DELETED, MUTED, DetailPage, breadth, fact

_UNITS = ("KiB", "MiB", "GiB", "TiB")


class MemoryPage(DetailPage):
    """Bytes, strides and sharers of one tensor or array."""

    TITLE = "Memory"

    def request(self) -> Request | None:
        return None if self.summary.change == "gone" else Request("memory", self.summary.name)

    def lines(self, width: int) -> Iterator[Content]:
        view = self.view
        if isinstance(view, MemoryView):
            yield from memory_lines(view, self.ascii)
        elif self.summary.shares:
            mark = "&" if self.ascii else "≡ "
            yield Content(f"shares memory with {mark}{', '.join(self.summary.shares)}")
        elif self.summary.change == "gone":
            yield Content.styled(DELETED, "$text-warning")
        else:
            yield from self.said_in_place()


def memory_lines(view: MemoryView, ascii: bool) -> Iterator[Content]:
    """The lines of the page; the names that share the storage come first."""
    if view.note:
        yield Content.styled(view.note, "$text-warning")
    if not view.element_size:
        return
    yield from _sharing(view, ascii)
    yield fact("bytes", f"{size_text(view.nbytes)}, {view.element_size} an element")
    if view.storage_nbytes is not None:
        yield fact("storage", _storage(view))
    if view.strides is not None:
        yield fact("strides", f"{_tuple(view.strides)}  {_strides(view)}".rstrip())
    if view.contiguous is not None:
        yield fact("contiguous", "yes" if view.contiguous else _scattered(view))
    if view.offset is not None:
        yield fact("offset", "0" if not view.offset else f"{numbers.counted(view.offset, 'element')} into the storage")
    if view.version is not None:
        times = "not changed in place yet" if not view.version else "times changed in place"
        yield fact("version", Content.assemble(str(view.version), (f"  {times}", MUTED)))


def _sharing(view: MemoryView, ascii: bool) -> Iterator[Content]:
    if not view.sharers:
        if view.storage_nbytes:
            yield Content.styled("No other name is in this storage.", MUTED)
        return
    mark = "&" if ascii else "≡"
    yield Content.assemble(
        (f"{mark} ", "$text-accent"), ("Shares its storage: a change in place of one is a change of all.", "")
    )
    names = [Content.styled(clipped(sharer.name, 20, ascii), "bold") for sharer in view.sharers]
    wide = breadth(names)
    for written, sharer in zip(names, view.sharers, strict=True):
        yield Content("  ") + written.pad_right(wide - written.cell_length + 2) + Content(sharer.how)


def _storage(view: MemoryView) -> str:
    assert view.storage_nbytes is not None
    whole = size_text(view.storage_nbytes)
    if view.distinct is not None:
        return f"{whole}; its elements share {size_text(view.distinct)} of it"
    return f"{whole}, all of it" if view.owner else f"{whole}, of which this is a part"


def _strides(view: MemoryView) -> str:
    """The strides of a matrix in words; empty for other numbers of dimensions."""
    strides = view.strides or ()
    if len(strides) != 2:
        return ""
    down, right = strides
    return f"down {down}, right {right}"


def _scattered(view: MemoryView) -> str:
    strides = view.strides or ()
    if any(step == 0 and length > 1 for step, length in zip(strides, view.shape, strict=False)):
        return "no: stride 0 reads one element again and again"
    if len(strides) > 1 and list(strides) == sorted(strides):
        return "no: transposed, a column is what lies together"
    return "no: its elements do not lie in the order of its indices"


def _tuple(numbers: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, numbers))}{',' if len(numbers) == 1 else ''})"


def size_text(nbytes: int) -> str:
    """`72 bytes`, `1.5 KiB`, `1 GiB`."""
    if nbytes < 1024:
        return numbers.counted(nbytes, "byte")
    amount = float(nbytes)
    for unit in _UNITS:
        amount /= 1024
        if amount < 1024 or unit == _UNITS[-1]:
            return f"{amount:.4g} {unit}"
    raise AssertionError
