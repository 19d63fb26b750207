"""All that crosses between the two processes: orders down, events and views up, and how they are written."""
