"""The Delaunay triangulation of random points, in plain Python that numba compiles.

Points are inserted one by one along a space-filling order; each insertion walks to its triangle, and edges are flipped
until every triangle's circumcircle is empty (Lawson 1977; de Berg et al., Computational Geometry, 3rd edition, section
9.3). What lies outside the hull is triangles too, each of a hull edge and one corner at infinity, whose circle is the
half-plane beyond the edge. Uniform random points need no exact arithmetic.
"""

from __future__ import annotations

import math

import numpy as np

from nar_bench.compiler import apart
from nar_bench.data.random import uniform


@apart
def delaunay_edges(rng, n):
    """Draw n points uniform in the unit square and return the edges [m, 2] of their Delaunay triangulation."""
    x, y = np.empty(n), np.empty(n)
    for v in range(n):
        x[v], y[v] = uniform(rng), uniform(rng)
    return triangulation_edges(x, y)


@apart
def triangulation_edges(x, y):
    """Return the edges [m, 2] of the triangulation of the points (x [n], y [n]), no three of them on one line."""
    n = len(x)
    if n < 3:
        few = np.empty((n - 1, 2), np.int64)
        for v in range(n - 1):
            few[v, 0], few[v, 1] = v, v + 1
        return few
    order = _near_order(x, y)
    infinity = n
    corner = np.empty((2 * n, 3), np.int64)  # of each triangle, counterclockwise
    beside = np.empty((2 * n, 3), np.int64)  # the triangle across from each corner
    a, b, c = order[0], order[1], order[2]
    if _turn(x, y, a, b, c) < 0:
        b, c = c, b
    at = np.int64(0)  # not a literal, for which numba would compile each function that is given it once more
    _set(corner, beside, at, a, b, c, at + 2, at + 3, at + 1)
    _set(corner, beside, at + 1, b, a, infinity, at + 3, at + 2, at)
    _set(corner, beside, at + 2, c, b, infinity, at + 1, at + 3, at)
    _set(corner, beside, at + 3, a, c, infinity, at + 2, at + 1, at)
    stack = np.empty(6 * n + 64, np.int64)
    count = at + 4
    for place in range(3, n):
        point = order[place]
        at = _walk(x, y, infinity, corner, beside, at, point)
        a, b, c = corner[at, 0], corner[at, 1], corner[at, 2]
        to_a, to_b, to_c = beside[at, 0], beside[at, 1], beside[at, 2]
        first, second = count, count + 1
        count += 2
        _set(corner, beside, at, point, b, c, to_a, first, second)
        _set(corner, beside, first, point, c, a, to_b, second, at)
        _set(corner, beside, second, point, a, b, to_c, at, first)
        _point_back(beside, to_b, at, first)
        _point_back(beside, to_c, at, second)
        stack[0], stack[1], stack[2] = at, first, second
        height = 3
        while height:
            height -= 1
            triangle = stack[height]
            other = beside[triangle, 0]  # across from `point`, which is always corner 0
            k = 0
            while beside[other, k] != triangle:
                k += 1
            apex = corner[other, k]
            b, c = corner[triangle, 1], corner[triangle, 2]
            if not _in_circle(x, y, infinity, point, b, c, apex):
                continue
            beyond_b, beyond_c = beside[other, (k + 1) % 3], beside[other, (k + 2) % 3]
            if corner[other, (k + 1) % 3] == b:
                beyond_b, beyond_c = beyond_c, beyond_b
            # beyond_b lies across the edge apex-b, beyond_c across apex-c.
            near_b, near_c = beside[triangle, 2], beside[triangle, 1]
            _set(corner, beside, triangle, point, b, apex, beyond_b, other, near_b)
            _set(corner, beside, other, point, apex, c, beyond_c, near_c, triangle)
            _point_back(beside, beyond_b, other, triangle)
            _point_back(beside, near_c, triangle, other)
            stack[height], stack[height + 1] = triangle, other
            height += 2
    edges = np.empty((3 * n, 2), np.int64)
    m = 0
    for t in range(count):
        for k in range(3):
            u, v = corner[t, k], corner[t, (k + 1) % 3]
            # An edge between two points has a triangle on either side; it is taken where it runs upwards.
            if u < v < infinity:
                edges[m, 0], edges[m, 1] = u, v
                m += 1
    return edges[:m]


def _near_order(x, y):
    """Order the points in columns walked up and down, so that each is near the one before."""
    n = len(x)
    columns = math.ceil(math.sqrt(n / 2))
    key, bucket, start = np.empty(n), np.empty(n, np.int64), np.zeros(n + 1, np.int64)
    for v in range(n):
        column = min(int(x[v] * columns), columns - 1)
        key[v] = 2 * column + (y[v] if column % 2 == 0 else 1 - y[v])
        bucket[v] = min(int(key[v] / (2 * columns) * n), n - 1)
        start[bucket[v] + 1] += 1
    for b in range(n):
        start[b + 1] += start[b]
    order = np.empty(n, np.int64)
    for v in range(n):
        order[start[bucket[v]]] = v
        start[bucket[v]] += 1
    # In buckets of two or three points each the order is almost right: an insertion sort takes a step or two for each.
    for i in range(1, n):
        v, j = order[i], i
        while j > 0 and key[order[j - 1]] > key[v]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = v
    return order


def _set(corner, beside, t, a, b, c, to_a, to_b, to_c):
    corner[t, 0], corner[t, 1], corner[t, 2] = a, b, c
    beside[t, 0], beside[t, 1], beside[t, 2] = to_a, to_b, to_c


def _point_back(beside, t, before, after):
    for k in range(3):
        if beside[t, k] == before:
            beside[t, k] = after
            break


def _turn(x, y, a, b, c):
    return (x[b] - x[a]) * (y[c] - y[a]) - (y[b] - y[a]) * (x[c] - x[a])


def _walk(x, y, infinity, corner, beside, at, point):
    """Step from triangle to triangle towards the point."""
    while True:
        moved = False
        for k in range(3):
            u, v = corner[at, (k + 1) % 3], corner[at, (k + 2) % 3]
            if u != infinity and v != infinity and _turn(x, y, u, v, point) < 0:
                at = beside[at, k]
                moved = True
                break
        if not moved:
            return at


def _in_circle(x, y, infinity, a, b, c, d):
    """Say whether d is inside the circle through a, b, c, counterclockwise; all but a may be infinity."""
    if d == infinity:
        return False
    if b == infinity:
        return _turn(x, y, c, a, d) > 0
    if c == infinity:
        return _turn(x, y, a, b, d) > 0
    ax, ay = x[a] - x[d], y[a] - y[d]
    bx, by = x[b] - x[d], y[b] - y[d]
    cx, cy = x[c] - x[d], y[c] - y[d]
    a2, b2, c2 = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    return a2 * (bx * cy - cx * by) - b2 * (ax * cy - cx * ay) + c2 * (ax * by - bx * ay) > 0
