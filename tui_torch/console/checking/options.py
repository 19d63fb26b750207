"""The options of commands that run the code of lessons: whether they may, and for how long."""

from __future__ import annotations

import click

from tui_torch.console.amount import Amount

trust_option = click.option(
    "--trust", is_flag=True, help="Run lesson files from outside the course, which else you are asked about first."
)
limit_option = click.option(
    "--limit",
    metavar="SECONDS",
    type=Amount("seconds"),
    default=60.0,
    show_default=True,
    help="How long one run may take where nobody watches; what takes longer is stopped, and does not pass.",
)
