"""What a process tells others outside of the conversation with the kernel: of forks, and of what it looks at."""
