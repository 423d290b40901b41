"""Blueprints of data sets, as TOML files."""
