"""A class: what each learner has done, in a file that they hand in, and what a teacher sees of many such files."""
