"""What the algorithms on points share: points of which no three are on one line, turns, and the hull.

The first part is plain Python that numba compiles; the second works on the dense inputs of one instance.
"""

from __future__ import annotations

import math

import numpy as np

from nar_bench.data.random import uniform
from nar_bench.errors import InputError
from nar_bench.plugin.contracts import Inputs
from nar_bench.trajectory import Array

COLLINEAR = 1e-12
"""Three points whose turn is smaller than this are drawn anew, as in the reference."""


def points_in_disk(rng, n, radius):
    """Draw n points uniform in a disk around 0, all anew while three of them are on one line; returns x [n], y [n]."""
    x, y = np.empty(n), np.empty(n)
    while True:
        for i in range(n):
            angle, r = 2 * math.pi * uniform(rng), radius * math.sqrt(uniform(rng))
            x[i], y[i] = r * math.cos(angle), r * math.sin(angle)
        if not has_collinear(x, y):
            return x, y


def has_collinear(x, y):
    """Say whether three of the points are on one line to within COLLINEAR; looks at all triples."""
    n = len(x)
    for i in range(n):
        for j in range(i + 1, n):
            dx, dy = x[j] - x[i], y[j] - y[i]
            found = 0
            for k in range(j + 1, n):
                found |= abs(dx * (y[k] - y[i]) - dy * (x[k] - x[i])) < COLLINEAR
            if found:
                return True
    return False


def turn(x, y, i, j, k):
    """Return the cross product of the ways from i to j and from i to k: above 0 where k is to the left of i to j."""
    return (x[j] - x[i]) * (y[k] - y[i]) - (y[j] - y[i]) * (x[k] - x[i])


def lowest(x, y):
    """Return the lowest point, of equally low ones the leftmost."""
    best = 0
    for i in range(len(x)):
        if y[i] < y[best] or (y[i] == y[best] and x[i] < x[best]):
            best = i
    return best


def refuse_collinear(inputs: Inputs) -> None:
    """Raise InputError where two points are equal or three are on one line, to within rounding."""
    x, y = inputs["x"], inputs["y"]
    for i in range(len(x)):
        dx, dy = x[i + 1 :] - x[i], y[i + 1 :] - y[i]
        length = np.hypot(dx, dy)
        if (length == 0).any():
            raise InputError(f"inputs 'x' and 'y': points {i} and {i + 1 + int(np.argmin(length))} are the same point.")
        # Sorted by direction, points on one line with i stand side by side.
        order = np.argsort(np.arctan2(dy, dx) % np.pi)
        dx, dy = dx[order] / length[order], dy[order] / length[order]
        beside = np.abs(dx * np.roll(dy, 1) - dy * np.roll(dx, 1)) if len(dx) > 1 else np.ones(1)
        if beside.min() < COLLINEAR:
            at = int(np.argmin(beside))
            j, k = sorted((i + 1 + int(order[at]), i + 1 + int(order[at - 1])))
            raise InputError(f"inputs 'x' and 'y': points {i}, {j} and {k} are on one line, so the hull is ambiguous.")


def hull_of(inputs: Inputs) -> Array:
    """Return [N] 1 for the corners of the convex hull, by Andrew's monotone chain (1979)."""
    x, y = inputs["x"], inputs["y"]
    order = sorted(range(len(x)), key=lambda i: (x[i], y[i]))
    in_hull = np.zeros(len(x))
    for way in (order, order[::-1]):
        chain: list[int] = []
        for point in way:
            while len(chain) > 1 and turn(x, y, chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        in_hull[chain] = 1
    return in_hull
