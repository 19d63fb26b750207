"""What the files of exported problems have in place of Hypothesis and of the rest of the probe."""
