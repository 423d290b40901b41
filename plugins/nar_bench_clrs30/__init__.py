"""Algorithms of CLRS-30, one file each, and suites that use them."""
