"""What the scores of a few training seeds can say, and what they cannot: intervals, comparisons, ranks, size curves.

Randomness is the training seed's. An interval over test items would say how well one trained network is measured, and
nothing of what the method does when it is trained again, so there is none here. docs/reference/statistics.md has every
assumption, and how often the intervals held when they were simulated.
"""
