"""The rules by which errors are explained, one module for each family; the order of the modules is in `explain`."""
