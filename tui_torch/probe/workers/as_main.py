"""Run as the main module of a spawned process: it becomes what the learner's program defines."""

from tui_torch.probe.workers.revival import revive

revive(globals())
