"""Data sets: trajectories as files, each with the recipe it can be made from again and a hash that proves it."""
