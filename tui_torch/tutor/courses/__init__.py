"""Courses beside the tutor's own: which there are, whether their code may run, and where the learner is in one."""
