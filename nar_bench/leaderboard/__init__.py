"""Boards: pages that show and compare records."""
