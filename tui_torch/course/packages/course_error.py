"""Why a course from elsewhere cannot be used."""

from __future__ import annotations


class CourseError(Exception):
    """A course cannot be found, read or fetched; the message is one sentence that says which, why, and what to do."""
