"""Learners of the alignment laboratory, one file each."""
