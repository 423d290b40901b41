"""Checking a submission by doing again what it says was done."""
