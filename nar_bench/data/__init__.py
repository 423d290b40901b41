"""Random numbers, seeds and the drawing of instances."""
