"""The plain face of programs of one's own: `tui-torch open`."""
