"""Metrics, chance and evaluation over sizes; numpy only."""
