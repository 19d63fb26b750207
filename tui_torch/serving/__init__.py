"""The app in a browser: who may come in, how many at once, and the terminal that each of them has on the server."""
