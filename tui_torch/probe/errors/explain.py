"""Explaining an error: its meaning, the shapes and dtypes of what the line names, and a fix that works."""

from __future__ import annotations

from tui_torch.probe.errors.case import ErrorCase, RuleResult
from tui_torch.probe.errors.registry import explain_by_rules

# Each registers its rules; of two rules for the same message, the one imported first is asked first.
from tui_torch.probe.errors.rules import (  # noqa: F401
    autograd,
    calls,
    conversions,
    devices,
    dtypes,
    imports,
    indexing,
    layer_inputs,
    loss_sequences,
    loss_targets,
    optimizers,
)
from tui_torch.probe.errors.rules.code import (  # noqa: F401
    characters,
    context_managers,
    hidden_methods,
    outdated_names,
    recursion,
    special_methods,
    trailing_commas,
    unmade_names,
)
from tui_torch.probe.errors.rules.code.causes import explained_with_causes, with_sample
from tui_torch.probe.errors.rules.data import loaders, promised_lengths, samples, splits, workers  # noqa: F401
from tui_torch.probe.errors.rules.files import pickling, prefixes, saved_models  # noqa: F401
from tui_torch.probe.errors.rules.gradients import (  # noqa: F401
    complex_numbers,
    inference_tensors,
    missing_gradients,
    no_graph,
    own_functions,
    views,
    zeroing,
)
from tui_torch.probe.errors.rules.layers import attention, initialization, made_sizes, recurrent  # noqa: F401
from tui_torch.probe.errors.rules.modules import (  # noqa: F401
    layers_as_functions,
    making_and_loading,
    methods,
    parts,
    properties,
)
from tui_torch.probe.errors.rules.shapes import broadcasting, matrix_products, reshaping_and_joining, squeezed  # noqa: F401
from tui_torch.probe.errors.rules.tensors import (  # noqa: F401
    distributions,
    einsum,
    not_implemented,
    operands,
    sizes_and_draws,
    sparse,
)
from tui_torch.probe.errors.rules.training import schedulers  # noqa: F401
from tui_torch.probe.errors.rules.values import (  # noqa: F401
    absent_values,
    arrays,
    attributes,
    called_values,
    float_sizes,
    keys,
    numpy_arrays,
    several_things,
    text_and_numbers,
    truth,
    uncalled,
    uncalled_layers,
    written_dtypes,
)
from tui_torch.protocol.events import Explanation, Reading


def explain(error: BaseException, message: str, filename: str, source: str) -> Explanation | None:
    """Explain an exception that escaped from the learner's code; None for an error that no rule knows.

    Where no rule knows it, what it was raised from is told, and explained. Runs none of the learner's code and draws
    no random number.

    Args:
        error: The exception, with its traceback.
        message: What it says, as `failure.message_of()` gives it.
        filename: The name under which the code was compiled.
        source: The code.
    """
    explained = explained_with_causes(error, message, filename, source)
    if explained is None:
        return None
    return _as_explanation(explained[0], with_sample(error, explained[1]))


def explain_at_line(error: BaseException, message: str, filename: str, source: str, line: int) -> Explanation | None:
    """Explain an exception of which only this is known: no value of its time is there. None where no rule knows it.

    Args:
        error: An exception of the same class.
        message: What it said.
        filename: The file that it was raised in.
        source: The text of that file.
        line: The line, from 1.
    """
    case = ErrorCase(error, filename, source, line=line)
    result = explain_by_rules(case, message)
    return None if result is None else _as_explanation(case, result)


def _as_explanation(case: ErrorCase, result: RuleResult) -> Explanation:
    fix = result.suggested_fix
    return Explanation(
        result.meaning,
        case.described_names(result),
        fix.text if fix is not None else None,
        fix.gives if fix is not None else None,
        tuple(Reading(one.meant, one.fix.text, one.fix.gives) for one in result.readings),
    )
