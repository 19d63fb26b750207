"""One's own programs in the app, with a real kernel."""
