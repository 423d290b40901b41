"""Suites, plans, trials and runs."""
