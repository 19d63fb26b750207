"""The chart panes: losses, and fits."""
