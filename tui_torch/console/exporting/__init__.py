"""Lessons as files to hand out: notebooks, scripts, Markdown and web pages."""
