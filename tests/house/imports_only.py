"""A contract for import-linter: a package imports these and nothing else.

The `forbidden` contract of import-linter lists what is not allowed, so a new library is allowed until somebody
adds it. The rooms at the bottom of the house promise the opposite.
"""

from __future__ import annotations

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ImportsOnly(Contract):
    """The modules of `package` import the standard library, each other, and what `allowed` names.

    `allowed` holds names of top-level libraries and of our own packages, whose modules are then allowed too. The name
    `tui_torch` itself allows its `__init__` alone.
    """

    type_name = "imports_only"

    package = fields.StringField()
    allowed = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find the direct imports that are not allowed.

        Raises ValueError when the package does not exist: a contract about nothing would always be kept.
        """
        package = str(self.package)
        if package not in graph.modules:
            raise ValueError(f"{package} does not exist: correct the contract in pyproject.toml")
        modules = {package, *graph.find_descendants(package)}
        forbidden = [
            (importer, imported)
            for importer in sorted(modules)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if imported not in modules and not self._allows(imported)
        ]
        return ContractCheck(kept=not forbidden, metadata={"forbidden": forbidden})

    def _allows(self, imported: str) -> bool:
        if imported.partition(".")[0] in sys.stdlib_module_names:
            return True
        names: set[str] = self.allowed or set()  # type: ignore[assignment]
        return any(imported == name or (name != "tui_torch" and imported.startswith(f"{name}.")) for name in names)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print a line for each import that is not allowed."""
        for importer, imported in check.metadata["forbidden"]:
            output.print_error(f"{importer} must not import {imported}", bold=False)
