"""The screen of a kernel that others use."""
