"""In a kernel that others use: tells an app what they run there, and leaves nothing behind."""
