"""All the programs with a mistake, and all the correct ones, of every family."""

from __future__ import annotations

from functools import cache

from tests.spread import part_of_each
from tests.unit.probe.coach import loops, mistakes_of_dead_gradients
from tests.unit.probe.coach.loops_with_attention import WITH_ATTENTION
from tests.unit.probe.coach.loops_with_axes import WITH_AXES
from tests.unit.probe.coach.loops_with_clipping import CLIPPED
from tests.unit.probe.coach.loops_with_dropout import WITH_DROPOUT
from tests.unit.probe.coach.loops_with_judging import WITH_JUDGING
from tests.unit.probe.coach.loops_with_losses import LOSS_INPUTS
from tests.unit.probe.coach.loops_with_lost_steps import WITH_LOST_STEPS
from tests.unit.probe.coach.loops_with_parameters import WITH_PARAMETERS
from tests.unit.probe.coach.loops_with_parts import WITH_PARTS
from tests.unit.probe.coach.loops_with_permutations import WITH_PERMUTATIONS
from tests.unit.probe.coach.loops_with_runs import RIGHT_RUNS
from tests.unit.probe.coach.loops_with_sampling import WITH_SAMPLING
from tests.unit.probe.coach.loops_with_schedules import SCHEDULED
from tests.unit.probe.coach.loops_with_scores import WITH_SCORES
from tests.unit.probe.coach.loops_with_sequences import WITH_SEQUENCES
from tests.unit.probe.coach.loops_with_states import WITH_STATES
from tests.unit.probe.coach.loops_with_updates import WITH_UPDATES
from tests.unit.probe.coach.mistakes_of_attention import ATTENTION
from tests.unit.probe.coach.mistakes_of_axes import AXES
from tests.unit.probe.coach.mistakes_of_clipping import CLIPPING
from tests.unit.probe.coach.mistakes_of_dropout import DROPOUT
from tests.unit.probe.coach.mistakes_of_judging import JUDGING
from tests.unit.probe.coach.mistakes_of_losses import LOSSES
from tests.unit.probe.coach.mistakes_of_lost_steps import LOST_STEPS
from tests.unit.probe.coach.mistakes_of_parameters import PARAMETERS
from tests.unit.probe.coach.mistakes_of_parts import PARTS
from tests.unit.probe.coach.mistakes_of_permutations import PERMUTATIONS
from tests.unit.probe.coach.mistakes_of_runs import RUNS
from tests.unit.probe.coach.mistakes_of_sampling import SAMPLING
from tests.unit.probe.coach.mistakes_of_schedules import SCHEDULES
from tests.unit.probe.coach.mistakes_of_scores import SCORES
from tests.unit.probe.coach.mistakes_of_sequences import SEQUENCES
from tests.unit.probe.coach.mistakes_of_states import STATES
from tests.unit.probe.coach.mistakes_of_stepping import STEPPING
from tests.unit.probe.coach.mistakes_of_targets import TARGETS
from tests.unit.probe.coach.mistakes_of_training import TRAINING
from tests.unit.probe.coach.mistakes_of_updates import UPDATES
from tests.unit.probe.coach.runs import notes_of
from tui_torch.protocol.notes import Note

MISTAKES = (
    STEPPING
    | TRAINING
    | TARGETS
    | mistakes_of_dead_gradients.MISTAKES
    | SCHEDULES
    | CLIPPING
    | LOSSES
    | PARTS
    | RUNS
    | PARAMETERS
    | UPDATES
    | AXES
    | SEQUENCES
    | PERMUTATIONS
    | LOST_STEPS
    | SAMPLING
    | SCORES
    | JUDGING
    | STATES
    | DROPOUT
    | ATTENTION
)
CORRECT = (
    loops.CORRECT
    | mistakes_of_dead_gradients.CORRECT
    | SCHEDULED
    | CLIPPED
    | LOSS_INPUTS
    | WITH_PARTS
    | RIGHT_RUNS
    | WITH_PARAMETERS
    | WITH_UPDATES
    | WITH_AXES
    | WITH_SEQUENCES
    | WITH_PERMUTATIONS
    | WITH_LOST_STEPS
    | WITH_SAMPLING
    | WITH_SCORES
    | WITH_JUDGING
    | WITH_STATES
    | WITH_DROPOUT
    | WITH_ATTENTION
)
RULES = {name: mistake.rule for name, mistake in MISTAKES.items()}
"""The rule that finds each mistake."""
MENDED_IN_SUITE = part_of_each({name: rule for name, rule in RULES.items() if MISTAKES[name].suggested_fix}, 2)
"""The mistakes that the suite mends as the coach suggests: a twelfth, and of each rule that suggests a fix, one."""


@cache
def notes_of_mistake(name: str) -> tuple[Note, ...]:
    """What the coach says of a program with a mistake, as it is: found out once for the tests of that program."""
    return tuple(notes_of(MISTAKES[name].code))
