"""What a process that the learner's code starts finds in `__main__`, if it is no fork of the kernel."""
