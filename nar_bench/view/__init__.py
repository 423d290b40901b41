"""Watching an algorithm run, and a network that learned it beside it."""
