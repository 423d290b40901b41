"""The colours and marks of methods in figures."""

from __future__ import annotations

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255", "#999933")
"""Okabe and Ito's colours, which people with any colour vision can tell apart; the eighth method repeats none."""
MARKS = ("circle", "square", "diamond", "triangle")
