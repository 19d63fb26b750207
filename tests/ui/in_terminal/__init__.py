"""Keys and the mouse in a real terminal: bytes in, what a person sees out. The tests of a folder share two apps."""
