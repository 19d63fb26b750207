"""Terminals for the app that is to survive what happens in them."""

from tests.terminal import home_of_old as home_of_old
from tests.terminal import open_terminal as open_terminal
