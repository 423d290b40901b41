"""Sorting algorithms."""
