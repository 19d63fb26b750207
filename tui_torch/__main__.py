"""`python -m tui_torch` is `tui-torch`."""

from tui_torch.cli import main

main()
