"""The cells of an exported problem that check its answer, with inputs drawn where they run."""

from __future__ import annotations

import base64
import dataclasses
import re
import zlib
from functools import cache
from typing import Any

from tui_torch.console.exporting.bundle import PACKAGE, BundledPart, bundled
from tui_torch.course.lesson import Exercise
from tui_torch.protocol.grading.asked import GradedBy

_ARENA, _EXPORTED = "probe/lesson/arena", "probe/lesson/exported"
_MODULES = {
    "asked": [BundledPart("protocol/grading/asked.py")],
    "results": [BundledPart("protocol/grading/results.py")],
    "values": [
        BundledPart("protocol/events.py", ("Graded",)),
        BundledPart("protocol/orders.py", ("STOPPED",)),
        BundledPart("probe/isolation/undisturbed.py", ("_Nowhere", "output_discarded", "warnings_ignored")),
        BundledPart("probe/values/short_repr.py", ("_ANSI", "_NAME", "class_name", "plain")),
        BundledPart("probe/values/tensor_facts.py", ("dtype_text",)),
        BundledPart("probe/values/evaluate.py", ("ERROR", "error_line")),
        BundledPart(f"{_EXPORTED}/stand_ins.py"),
    ],
    "graded": [BundledPart("drawing/text/graded.py")],
    "slips": [BundledPart("probe/lesson/slips.py")],
    "rerun": [BundledPart("probe/lesson/rerun.py")],
    "comparing": [BundledPart(f"{_ARENA}/comparing.py")],
    "shown": [BundledPart(f"{_ARENA}/shown.py")],
    "time_limit": [BundledPart(f"{_ARENA}/time_limit.py")],
    "answer_rules": [BundledPart(f"{_ARENA}/answer_rules.py")],
    "strategies": [BundledPart(f"{_EXPORTED}/strategies.py")],
    "drawn_values": [BundledPart(f"{_ARENA}/drawn_values.py")],
    "drawn_inputs": [
        BundledPart(f"{_ARENA}/drawn_inputs.py", without=("failing_inputs", "SHARE", "SHRINKING")),
        BundledPart(f"{_EXPORTED}/seeded_inputs.py"),
    ],
    "reference": [BundledPart(f"{_ARENA}/reference.py")],
    "drawn_check": [BundledPart(f"{_ARENA}/drawn_check.py")],
    "measuring": [BundledPart(f"{_ARENA}/measuring.py")],
    "answers": [BundledPart(f"{_ARENA}/answers.py")],
    "problem": [BundledPart(f"{_EXPORTED}/problem.py")],
}
"""The modules by which the app holds an answer to a problem, each of which imports those before it."""

_HERE = "tui_torch.probe.lesson"
_ELSEWHERE = {
    "tui_torch.protocol.late_dataclass": "dataclasses",
    "tui_torch.probe.isolation.torch_internals": "torch.utils._python_dispatch",
    **{f"tui_torch.protocol.grading.{name}": f"{PACKAGE}.{name}" for name in ("asked", "results")},
    **dict.fromkeys(
        (
            *("tui_torch.protocol.events", "tui_torch.protocol.orders", "rich.cells", f"{_HERE}.namespace"),
            *(f"tui_torch.probe.values.{name}" for name in ("short_repr", "tensor_facts", "evaluate")),
            "tui_torch.probe.isolation.undisturbed",
        ),
        f"{PACKAGE}.values",
    ),
    **{f"{_HERE}.{name}": f"{PACKAGE}.{name}" for name in ("slips", "rerun")},
    **{
        f"{_HERE}.arena.{name}": f"{PACKAGE}.{name}"
        for name in (
            *("comparing", "shown", "time_limit", "answer_rules", "drawn_values", "drawn_inputs"),
            *("reference", "drawn_check", "measuring", "answers"),
        )
    },
    f"{_HERE}.exported.strategies": f"{PACKAGE}.strategies",
    "hypothesis.strategies": f"{PACKAGE}.strategies",
}
"""Where each of these is in a notebook."""

_FIRST = """\
# What the checks below need, which is tui-torch's own. Run this first; it is not part of the problem.
import sys
import types


def _portable(name, source):
    module = sys.modules[f"{package}.{{name}}"] = types.ModuleType(f"{package}.{{name}}")
    exec(compile(source, f"<{{name}}>", "exec"), module.__dict__)
    setattr({package}, name, module)


{package} = sys.modules["{package}"] = types.ModuleType("{package}")
{modules}
checks = {package}.problem.PortableChecks({package}.graded)
"""

_CHECKS = """\
# Checks the answer, on inputs that are drawn here: always the same ones. Of all on which it fails, the smallest
# is shown. What some checks compare with is encoded, so that nobody reads it by accident.
from {package} import asked

checks.hold(
    globals(),
    made={made!r},
    checks=[
{checks}    ],
    by=asked.GradedBy(
        standing={standing},
{encoded}{rest}    ),
)
"""


@cache
def machinery() -> str:
    """The code of the cell that the checks need. The text of the modules is read; the probe is not imported."""
    modules = "".join(f"_portable(\"{name}\", r'''\n{text}\n''')\n" for name, text in bundled(_MODULES, _ELSEWHERE))
    return _FIRST.format(package=PACKAGE, modules=modules)


def checking(exercise: Exercise, by: GradedBy) -> str:
    """The code of the cell that checks the answer above it."""
    code = [
        f"        ({check.name!r}, {_text(check.code)}),\n"
        for check in exercise.checks
        if not _reads_output(check.code)
    ]
    rest = {
        "drawn": by.drawn,
        "rules": by.rules,
        "measure": by.measure,
        "limits": by.limits,
        "hidden": by.hidden,
    }
    return _CHECKS.format(
        package=PACKAGE,
        made=tuple(_made_in(exercise.starter)) or tuple(_made_in(exercise.solution)),
        checks="".join(code),
        standing=f"({', '.join(map(_text, by.standing))}{',' if by.standing else ''})",
        encoded=_encoded("solution", by.solution) + (_encoded("reference", by.reference) if by.reference else ""),
        rest="".join(f"        {name}={literal(value, 8)},\n" for name, value in rest.items() if value),
    )


def _encoded(name: str, code: str) -> str:
    text = base64.b64encode(zlib.compress(code.encode(), 9)).decode()
    return f'        {name}=checks.decoded("{text}"),\n'


def literal(value: Any, indent: int = 0) -> str:
    """A value as Python that makes it: of dataclasses those of `asked`, without what they are without being told."""
    inner, ending = " " * (indent + 4), " " * indent
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(field, getattr(value, field.name)) for field in dataclasses.fields(value)]
        told = [f"{field.name}={literal(one, indent)}" for field, one in fields if one != field.default]
        return f"asked.{type(value).__name__}({', '.join(told)})"
    if isinstance(value, tuple) and any(map(dataclasses.is_dataclass, value)):
        return "(\n" + "".join(f"{inner}{literal(one, indent + 4)},\n" for one in value) + f"{ending})"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and repr(value) in ("inf", "-inf", "nan"):
        return f'float("{value!r}")'
    return _text(value) if isinstance(value, str) and "\n" in value else repr(value)


def _made_in(code: str) -> list[str]:
    """The functions, classes and variables that code makes outside of any block."""
    return list(dict.fromkeys(re.findall(r"^(?:def |class )?(\w+)(?=\s*[(:=](?!=))", code, re.MULTILINE)))


def _reads_output(code: str) -> bool:
    """Whether a check asks what the answer printed, which is not known in a notebook."""
    return bool(re.search(r"\boutput\b", code)) and not re.search(r"\boutput\s*=", code)


def _text(code: str) -> str:
    code = code.rstrip("\n")
    is_plain = "\\" not in code and '"""' not in code and not code.endswith('"') and "\n" in code
    return f'"""\n{code}\n"""' if is_plain else repr(code)
