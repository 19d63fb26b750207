"""In the processes of a command that is watched: records their training, and is not felt."""
