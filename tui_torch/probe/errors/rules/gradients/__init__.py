"""Errors of gradients: none there, a graph that was cut or changed, views, hooks, functions of one's own."""
