"""Recording a run line by line: each position, and what it changed in the names that can be seen there."""
