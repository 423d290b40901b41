"""A plugin to copy."""
