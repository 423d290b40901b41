"""Similarity functions over ideas, and similar inputs."""
