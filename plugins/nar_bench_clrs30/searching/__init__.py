"""Searching algorithms."""
