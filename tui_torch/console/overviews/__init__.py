"""Tables of the whole course in a plain terminal: the commands `list`, `progress` and `map`."""
