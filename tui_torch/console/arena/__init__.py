"""The command `tui-torch arena`."""
