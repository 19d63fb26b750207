"""Numbers, summaries of values and printed output as text."""
