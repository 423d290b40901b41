"""Algorithms on sparse graphs, in the manner of SALSA-CLRS (Minder et al. 2023)."""
