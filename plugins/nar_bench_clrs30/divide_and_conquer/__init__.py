"""Divide and conquer."""
