"""How tests are dealt out to the processes that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadGroupScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


class Dealer(LoadGroupScheduling):
    """pytest-xdist's own way, the largest groups first, but for two things.

    Every other process begins at the other end, with tests that are alone. Those that are in groups have kernels and
    terminals, and wait half of their time: meanwhile others compute, and only half of the processes need a zygote.

    And it takes a time that does not grow with the number of tests. By itself it counts, after each test, what is left
    of all that a process was ever given, and looks among all tests for each one that it gives.
    """

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Note that a process has run a test, and give it more. What is done is not kept."""
        super().mark_test_complete(node, item_index, duration)
        given = self.assigned_work[node]
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(given[scope].values()):
            del given[scope]

    def _assign_work_unit(self, node: WorkerController) -> None:
        begins_at_the_end = self.nodes.index(node) % 2 == 1
        scope, unit = self.workqueue.popitem(last=begins_at_the_end)
        self.assigned_work[node][scope] = unit
        node.send_runtest_some([self._places[nodeid] for nodeid, is_done in unit.items() if not is_done])

    @property
    def _places(self) -> dict[str, int]:
        """Where each test is in the collection, which is every process's."""
        if not self._known_places:
            assert self.collection is not None
            self._known_places = {nodeid: place for place, nodeid in enumerate(self.collection)}
        return self._known_places

    _known_places: dict[str, int] | None = None
