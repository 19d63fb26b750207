"""What holds the rooms of `tui_torch/` apart: the import contracts, the counts, and the map of CONTRIBUTING.md."""
