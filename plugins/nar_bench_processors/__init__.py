"""Processors, one file each."""
