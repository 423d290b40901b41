"""The observers of nar-bench: who is told how trials go."""
