"""The screen of a watched training, and the list of runs: panes named as they are on the screen."""
