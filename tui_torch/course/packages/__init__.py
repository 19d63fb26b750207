"""Courses from elsewhere: installed packages, folders and repositories; what is in them, and how one begins."""
