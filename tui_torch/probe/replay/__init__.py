"""Recording a run line by line: each position, and what it changed in the names that can be seen there.

At a line, what has changed is copied; the summaries are made of the copies once the run is over.
"""
