"""Targets of the alignment laboratory, one file each, and its suites."""
