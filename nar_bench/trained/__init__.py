"""Trained models as folders that the Hub and anyone can use: weights, configuration, card; and back to a network."""
