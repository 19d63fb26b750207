"""One key goes from the namespace to the locals of the functions that trained, and round."""

from __future__ import annotations

from dataclasses import replace

from tests.ui.inspector.test_pane import INPUTS, LEARNING_RATE, MODEL, Pane, screen, shown, tensor
from tui_torch.protocol.events import FrameLocals, Inspection
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import DistributionView
from tui_torch.ui.inspector.pane import TensorInspector
from tui_torch.ui.inspector.scopes import NO_NAMES, Scopes

NAMESPACE = Inspection((), (LEARNING_RATE, tensor("x", (3.0,))))
TRAIN = FrameLocals("train", 12, None, "ended", 93, 100, (MODEL, replace(INPUTS, name="x")))
MAIN = FrameLocals("main", 30, None, "running", 93, 100, (INPUTS,))


class RequestingPane(Pane):
    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []

    def on_tensor_inspector_view_requested(self, message: TensorInspector.ViewRequested) -> None:
        self.requests.append(message.request)


def names(app: Pane) -> list[str]:
    return [summary.name for summary in app.inspector.inspection.variables]


async def test_the_key_goes_round_the_functions_and_says_of_when_their_locals_are() -> None:
    async with Pane().run_test(size=(70, 20)) as pilot:
        app = await shown(pilot, NAMESPACE)
        await pilot.press("v")
        assert names(app) == ["lr", "x"] and not app.inspector.check_action("locals", ())
        app.inspector.show_locals((TRAIN, MAIN))
        assert app.inspector.check_action("locals", ())
        said = list[tuple[list[str], str, str]]()
        for _ in range(3):
            await pilot.press("v")
            lines = screen(app)
            said.append((names(app), lines[0].strip("╭╮─ "), lines[-1].strip("╰╯─ ")))
        assert said == [
            (["model", "x"], "Locals of train()", "line 12, as it ended, loop at step 93 · 2 names · 1 new"),
            (["inputs"], "Locals of main()", "line 30, at step 93 of 100 · 1 name · 1 new"),
            (["lr", "x"], "Tensors", "2 names · 1 new"),
        ]


async def test_after_a_run_that_left_no_names_it_is_said_where_the_values_are() -> None:
    async with Pane().run_test(size=(70, 20)) as pilot:
        app = await shown(pilot, Inspection((), ()))
        assert app.inspector.why_empty == NO_NAMES
        assert NO_NAMES in "".join(screen(app))
        app.inspector.show_locals((TRAIN, MAIN))
        assert names(app) == ["model", "x"]
        await pilot.press("v", "v")
        assert app.inspector.is_empty
        said = " ".join(line.strip("│ ") for line in screen(app))
        assert "left no names at the top of the module: v shows the locals of train()." in said
        app.inspector.clear("Run it.")
        assert app.inspector.why_empty == "Run it."


async def test_pages_are_requested_of_the_function_and_an_answer_for_another_is_not_shown() -> None:
    async with RequestingPane().run_test(size=(70, 24)) as pilot:
        app = await shown(pilot, NAMESPACE)
        assert isinstance(app, RequestingPane)
        app.inspector.show_locals((TRAIN,))
        await pilot.press("v", "3")
        await pilot.pause()
        request = app.requests[-1]
        assert request == Request("distribution", "x", frame=0)
        view = DistributionView(request, (), False, None, None, None, None, (), 0, 0, 0, 0, 0, "of train()")
        app.inspector.show_view(replace(view, request=replace(request, frame=None), note="of the namespace"), request)
        await pilot.pause()
        assert "of the namespace" not in "\n".join(screen(app))
        app.inspector.show_view(view, request)
        await pilot.pause()
        assert "of train()" in "\n".join(screen(app))


async def test_the_locals_follow_a_run_while_the_learner_looks_at_them() -> None:
    async with Pane().run_test(size=(70, 20)) as pilot:
        app = await shown(pilot, NAMESPACE)
        app.inspector.show_locals((TRAIN, MAIN))
        await pilot.press("v", "v")
        assert app.inspector.frame == 1 and app.selected[-1] == "inputs"
        app.inspector.show_locals(())  # another run begins
        assert names(app) == ["lr", "x"] and app.inspector.frame is None
        app.inspector.show_locals((replace(MAIN, variables=(MODEL,)), TRAIN))
        assert names(app) == ["model"] and app.inspector.frame == 0
        app.inspector.show_live((tensor("x", (9.0,)),))
        app.inspector.show(NAMESPACE)
        assert names(app) == ["model"]


async def test_the_key_goes_on_from_where_there_are_no_names_also_after_another_run() -> None:
    async with Pane().run_test(size=(70, 20)) as pilot:
        app = await shown(pilot, Inspection((), ()))
        nameless = replace(MAIN, variables=())
        app.inspector.show_locals((TRAIN, nameless))
        titles = list[str]()
        for run in range(2):
            for _ in range(4):
                titles.append(str(app.inspector.border_title))
                await pilot.press("v")
            if not run:
                app.inspector.show_locals(())  # another run begins, while the locals of train() are shown
                await pilot.pause()
                app.inspector.show_locals((nameless, replace(TRAIN, variables=(INPUTS,))))
                app.inspector.show(Inspection((), ()))
                await pilot.pause()
        assert titles == ["Locals of train()", "Tensors"] * 4
        assert names(app) == ["inputs"] and app.inspector.frame == 1
        app.inspector.show_locals((nameless,))
        assert app.inspector.why_empty == NO_NAMES and not app.inspector.has_locals


async def test_a_row_says_so_where_its_value_is_of_another_step_than_the_rest() -> None:
    batch = replace(tensor("batch", (9.0,)), change="same", read_at="step 1,204", note="as it was at step 1,204")
    total = replace(
        LEARNING_RATE, name="total", text="2071.0", read_at="line 18", note="as it was in line 18 of step 60"
    )
    async with Pane().run_test(size=(70, 20)) as pilot:
        app = await shown(pilot, NAMESPACE)
        app.inspector.show_locals((replace(TRAIN, variables=(tensor("x", (3.0,)), batch, total)),))
        await pilot.press("v")
        rows = [" ".join(line.strip("│┃ ▌").split()) for line in screen(app)]
        assert any(row.startswith("name") and row.endswith("read at") for row in rows), rows
        assert any(row.startswith("batch") and row.endswith("step 1,204") for row in rows), rows
        assert any(row.startswith("total 2071.0") and row.endswith("line 18") for row in rows), rows
        assert not any(row.startswith("x ") and "step" in row for row in rows), rows


async def test_only_what_was_read_while_the_loop_goes_on_is_called_live() -> None:
    async with Pane().run_test(size=(70, 20)) as pilot:
        app = await shown(pilot, NAMESPACE)
        app.inspector.show_live((tensor("x", (9.0,)),))
        assert "1 of 2 live" in str(app.inspector.border_subtitle)
        app.inspector.show_live((tensor("x", (9.0,)), tensor("lr", (1.0,))))
        assert "of 2" not in str(app.inspector.border_subtitle)
        assert "live" in str(app.inspector.border_subtitle)


def test_a_program_whose_names_are_all_in_a_function_shows_these_by_itself() -> None:
    scopes = Scopes()
    scopes.take((TRAIN,))
    scopes.namespace = Inspection((), (LEARNING_RATE,))
    assert scopes.place == 0
    scopes.namespace = NAMESPACE
    assert scopes.place is None
    scopes.go_on()
    scopes.go_on()
    scopes.namespace = Inspection((), ())
    assert scopes.place is None
