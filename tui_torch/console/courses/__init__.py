"""Courses from elsewhere on the command line: which one is meant, cloning one, agreeing to one, beginning one."""
