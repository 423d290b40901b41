"""Greedy algorithms."""
