"""The card that a finished lesson ends in: what it taught, the learner's own curve or graph, time, what is next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.visible import visible
from tui_torch.ui.charts.loss_chart import LossChart
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.graph_picture import GraphPicture
from tui_torch.ui.keys.declared import FINISHED_SCREEN
from tui_torch.ui.pictures import save_picture, saved_as
from tui_torch.ui.screens.closes_once import ClosesOnce
from tui_torch.ui.textual_internals import picture_of

if TYPE_CHECKING:
    from tui_torch.drawing.charts.run_history import RunHistory
    from tui_torch.protocol.autograd_graph import Graph
    from tui_torch.tutor.finished import FinishedLesson


GRAPH_BOXES = 12
"""Maximum number of boxes of a large graph."""


HEIGHTS: list[tuple[int, str]] | None = [(0, "-low"), (22, "-high")]
"""From how many rows on there is room for a curve."""


class FinishedScreen(ClosesOnce, ModalScreen[bool]):
    """Shows the card; its result is whether to go on to what is next."""

    BINDINGS: ClassVar[list[BindingType]] = FINISHED_SCREEN.bindings()

    VERTICAL_BREAKPOINTS = HEIGHTS

    DEFAULT_CSS = """
    FinishedScreen {
        align: center middle;
        & > #card {
            width: 84; max-width: 100%; height: auto; max-height: 100%;
            border: round $primary; border-title-color: $primary; border-title-style: bold;
            background: $background; padding: 0 1;
        }
        &.-ascii > #card { border: ascii $primary; }
        &.-trained > #card { height: 1fr; max-height: 34; }
        #points { height: auto; }
        .point { height: auto; padding: 0 1; }
        .point > .bullet { width: 2; color: $text-primary; }
        .point > .said { width: 1fr; height: auto; }
        &.-low LossChart, &.-low GraphPicture { display: none; }
        &.-low > #card { height: auto; }
        LossChart { height: 1fr; min-height: 5; margin: 1 0 0 0; }
        GraphPicture {
            height: 1fr; min-height: 5; margin: 1 0 0 0;
            border: round $rule; border-title-color: $text-muted;
        }
        &.-ascii GraphPicture { border: ascii $rule; }
        #saved { display: none; width: 84; max-width: 100%; height: auto; padding: 0 1; color: $text-muted; }
        #ending { height: auto; margin: 1 1 0 1; }
    }
    """

    def __init__(
        self,
        finished: FinishedLesson,
        training: RunHistory | None,
        graph: Graph | None = None,
        *,
        ascii_only: bool = False,
    ) -> None:
        """Show a lesson that is finished.

        Args:
            finished: The lesson.
            training: The runs of the step of it that trained last; None if none did.
            graph: What to show where there was no training; None for nothing.
            ascii_only: Use ASCII characters alone.
        """
        super().__init__()
        self.set_class(ascii_only, "-ascii")
        self._graph = graph if graph is not None and (graph.nodes or graph.boxes) else None
        self.set_class(training is not None or self._graph is not None, "-trained")
        self._finished = finished
        self._training = training
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="card"):
            with Vertical(id="points"):
                for point in self._finished.learned:
                    with Horizontal(classes="point"):
                        yield Static("*" if self._ascii_only else "•", classes="bullet")
                        yield Static(inline(point, ascii_only=self._ascii_only), classes="said")
            if self._training is not None:
                chart = LossChart(ascii_only=self._ascii_only)
                chart.can_focus = False
                chart.show(self._training)
                yield chart
            elif self._graph is not None:
                picture = GraphPicture(ascii_only=self._ascii_only)
                picture.can_focus = False
                yield picture
            yield Static(self._ending(), id="ending")
        yield Static(id="saved")
        yield KeyBar()

    def on_mount(self) -> None:
        title = visible(self._finished.title, self._ascii_only)
        card = self.query_one("#card")
        card.border_title = Content(f"Finished: {title}")
        card.focus()
        if self._training is None and self._graph is not None:
            picture = self.query_one(GraphPicture)
            picture.show(self._graph)
            picture.border_title = Content(f"Graph of {visible(self._graph.name, self._ascii_only)}")

    def _ending(self) -> Content:
        finished = self._finished
        steps = numbers.counted(finished.steps, "step")
        parts: list[Content | str | tuple[str, str]] = []
        if self._training is None and finished.trains_in is not None:
            # Progress keeps what was done, and no curves.
            kept = "A loss curve is kept until you quit, or train in another lesson: run "
            parts += [kept, (visible(finished.trains_in, self._ascii_only), "bold"), " again, and it stands here.\n"]
        parts.append(f"{steps}, {duration(finished.seconds)}.\n")
        if finished.following is not None:
            parts += [
                "Next: ",
                (visible(finished.following.title, self._ascii_only), "bold"),
                "\n",
                inline(finished.following.summary, ascii_only=self._ascii_only),
            ]
        elif finished.is_next_unreadable:
            parts.append(inline("The next lesson cannot be read: `tui-torch check` says why."))
        else:
            last = "That was the last lesson of the course." if finished.in_course else "That was the last step."
            parts.append(last)
        return Content.assemble(*parts)

    def action_save(self) -> None:
        """Save the card, without what is around it, as a picture."""
        svg = picture_of(self.query_one("#card"), title="tui-torch")
        try:
            said = f"{saved_as(save_picture(svg, f'tui-torch-{self._finished.id}'))}."
        except OSError as error:
            said = f"The picture cannot be saved in the current folder ({error.strerror})."
        # Beside the card, of which the next picture may be taken.
        saved = self.query_one("#saved", Static)
        saved.update(Content(said))
        saved.display = True


def duration(seconds: int) -> str:
    """How long somebody was at a lesson: `about 12 minutes`."""
    if seconds < 60:
        return "less than a minute"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    short = numbers.counted(rest, "minute") if rest or not hours else ""
    return "about " + " ".join(filter(None, (numbers.counted(hours, "hour") if hours else "", short)))
