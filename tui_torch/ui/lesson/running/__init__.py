"""Following a run, event by event, on the panes of a screen."""
