"""Rules of files and processes: saved models and states, pickling, and worker processes."""
