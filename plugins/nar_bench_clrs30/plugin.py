"""Registration of the CLRS-30 algorithms, the suites that use them and the data sets."""

from __future__ import annotations

from nar_bench.plugin import hookimpl
from nar_bench.plugin.contracts import Drawing
from nar_bench.plugin.hookspecs import Register

_COLORS = {"color": ("white", "gray", "black")}
_ACTIVITIES, _TASKS = Drawing(spans=("s", "f")), Drawing(spans=("", "d"))
_ARROWS = ("↖", "↑", "←", "blank")
_HEAP = Drawing(words={"phase": ("build the heap", "take the root", "mend the heap")})
_HULL_BY_ANGLE = Drawing(
    plane=("x", "y"), words={"phase": ("start", "lowest point", "angles", "take off the stack", "put on the stack")}
)
_HULL_BY_WRAPPING = Drawing(plane=("x", "y"), words={"phase": ("start", "wrap")})
_KRUSKAL = Drawing(words={"phase": ("an edge decided", "look for the root of u", "look for the root of v")})
_LETTERS = {"key": ("a", "b", "c", "d"), "string": ("text", "needle")}
_LCS = Drawing(words={**_LETTERS, "string": ("x", "y"), "b": _ARROWS, "b_h": _ARROWS})
_MATCHER = Drawing(words={**_LETTERS, "phase": ("prefix function", "search")})
_MATCHING = Drawing(words={"phase": ("look for a path", "augment along it")})
_SEGMENTS = Drawing(plane=("x", "y"), segments=True)
_TOPOLOGICAL_PATHS = Drawing(words={**_COLORS, "phase": ("order the nodes", "relax the edges")})
_TWO_WALKS = Drawing(words={**_COLORS, "phase": ("walk the graph", "walk its transpose")})
_WALK = Drawing(words=_COLORS)


@hookimpl
def register_algorithms(register: Register) -> None:
    """Register the algorithms."""
    register(
        "activity_selector",
        "nar_bench_clrs30.greedy.activity_selector:ACTIVITY_SELECTOR",
        "most activities that do not overlap",
        _ACTIVITIES,
    )
    register(
        "articulation_points",
        "nar_bench_clrs30.graphs.articulation_points:ARTICULATION_POINTS",
        "nodes whose removal disconnects a graph",
        _WALK,
    )
    register("bellman_ford", "nar_bench_clrs30.graphs.bellman_ford:BELLMAN_FORD", "single-source shortest paths")
    register("bfs", "nar_bench_clrs30.graphs.bfs:BFS", "breadth-first search")
    register(
        "binary_search",
        "nar_bench_clrs30.searching.binary_search:BINARY_SEARCH",
        "place of a value in sorted keys",
    )
    register(
        "bipartite_matching",
        "nar_bench_clrs30.graphs.bipartite_matching:BIPARTITE_MATCHING",
        "maximum matching of a bipartite graph by augmenting paths",
        _MATCHING,
    )
    register("bridges", "nar_bench_clrs30.graphs.bridges:BRIDGES", "edges whose removal disconnects a graph", _WALK)
    register("bubble_sort", "nar_bench_clrs30.sorting.bubble_sort:BUBBLE_SORT", "sorting by exchanging neighbours")
    register(
        "dag_shortest_paths",
        "nar_bench_clrs30.graphs.dag_shortest_paths:DAG_SHORTEST_PATHS",
        "shortest paths in a directed acyclic graph",
        _TOPOLOGICAL_PATHS,
    )
    register("dfs", "nar_bench_clrs30.graphs.dfs:DFS", "depth-first search", _WALK)
    register(
        "dijkstra",
        "nar_bench_clrs30.graphs.dijkstra:DIJKSTRA",
        "single-source shortest paths, nearest node first",
    )
    register(
        "find_maximum_subarray",
        "nar_bench_clrs30.divide_and_conquer.find_maximum_subarray:FIND_MAXIMUM_SUBARRAY",
        "greatest sum of consecutive numbers, by halves",
    )
    register(
        "find_maximum_subarray_kadane",
        "nar_bench_clrs30.divide_and_conquer.find_maximum_subarray_kadane:FIND_MAXIMUM_SUBARRAY_KADANE",
        "greatest sum of consecutive numbers, in one pass",
    )
    register(
        "floyd_warshall",
        "nar_bench_clrs30.graphs.floyd_warshall:FLOYD_WARSHALL",
        "shortest paths between all pairs",
    )
    register("graham_scan", "nar_bench_clrs30.geometry.graham_scan:GRAHAM_SCAN", "convex hull by angle", _HULL_BY_ANGLE)
    register("heapsort", "nar_bench_clrs30.sorting.heapsort:HEAPSORT", "sorting with a heap", _HEAP)
    register("insertion_sort", "nar_bench_clrs30.sorting.insertion_sort:INSERTION_SORT", "sorting by insertion")
    register(
        "jarvis_march",
        "nar_bench_clrs30.geometry.jarvis_march:JARVIS_MARCH",
        "convex hull by wrapping",
        _HULL_BY_WRAPPING,
    )
    register(
        "kmp_matcher",
        "nar_bench_clrs30.strings.kmp_matcher:KMP_MATCHER",
        "first match of a needle, with a prefix function",
        _MATCHER,
    )
    register(
        "lcs_length", "nar_bench_clrs30.dynamic_programming.lcs_length:LCS_LENGTH", "longest common subsequence", _LCS
    )
    register(
        "matrix_chain_order",
        "nar_bench_clrs30.dynamic_programming.matrix_chain_order:MATRIX_CHAIN_ORDER",
        "cheapest order of matrix products",
    )
    register("minimum", "nar_bench_clrs30.searching.minimum:MINIMUM", "least key")
    register(
        "mst_kruskal",
        "nar_bench_clrs30.graphs.mst_kruskal:MST_KRUSKAL",
        "minimum spanning tree, lightest edge first",
        _KRUSKAL,
    )
    register("mst_prim", "nar_bench_clrs30.graphs.mst_prim:MST_PRIM", "minimum spanning tree, grown from one node")
    register(
        "naive_string_matcher",
        "nar_bench_clrs30.strings.naive_string_matcher:NAIVE_STRING_MATCHER",
        "first match of a needle, at every shift",
        Drawing(words=_LETTERS),
    )
    register(
        "optimal_bst",
        "nar_bench_clrs30.dynamic_programming.optimal_bst:OPTIMAL_BST",
        "optimal binary search tree",
    )
    register("quickselect", "nar_bench_clrs30.searching.quickselect:QUICKSELECT", "median by partition")
    register("quicksort", "nar_bench_clrs30.sorting.quicksort:QUICKSORT", "sorting by partition")
    register(
        "segments_intersect",
        "nar_bench_clrs30.geometry.segments_intersect:SEGMENTS_INTERSECT",
        "whether two segments intersect",
        _SEGMENTS,
    )
    register(
        "strongly_connected_components",
        "nar_bench_clrs30.graphs.strongly_connected_components:STRONGLY_CONNECTED_COMPONENTS",
        "strongly connected components of a directed graph",
        _TWO_WALKS,
    )
    register(
        "task_scheduling",
        "nar_bench_clrs30.greedy.task_scheduling:TASK_SCHEDULING",
        "unit tasks with deadlines, as the reference selects them",
        _TASKS,
    )
    register(
        "topological_sort",
        "nar_bench_clrs30.graphs.topological_sort:TOPOLOGICAL_SORT",
        "order of a directed acyclic graph",
        _WALK,
    )

    register(
        "articulation_points_v2",
        "nar_bench_clrs30.graphs.articulation_points_v2:ARTICULATION_POINTS_V2",
        "nodes that cut a graph, many families",
        _WALK,
    )
    register(
        "bellman_ford_v2",
        "nar_bench_clrs30.graphs.bellman_ford_v2:BELLMAN_FORD_V2",
        "shortest paths, many families, longer ones",
    )
    register(
        "bfs_v2",
        "nar_bench_clrs30.graphs.bfs_v2:BFS_V2",
        "breadth-first search, many families, deeper ones",
    )
    register(
        "bridges_v2", "nar_bench_clrs30.graphs.bridges_v2:BRIDGES_V2", "edges that cut a graph, many families", _WALK
    )
    register(
        "dfs_v2", "nar_bench_clrs30.graphs.dfs_v2:DFS_V2", "depth-first search, many families, no self-loops", _WALK
    )
    register(
        "dijkstra_v2",
        "nar_bench_clrs30.graphs.dijkstra_v2:DIJKSTRA_V2",
        "shortest paths, many families",
    )
    register(
        "floyd_warshall_v2",
        "nar_bench_clrs30.graphs.floyd_warshall_v2:FLOYD_WARSHALL_V2",
        "shortest paths between all pairs, hints that reach the output",
    )
    register(
        "heapsort_v2",
        "nar_bench_clrs30.sorting.heapsort_v2:HEAPSORT_V2",
        "sorting with a heap, with the right root in its hints",
        _HEAP,
    )
    register(
        "kmp_matcher_v2",
        "nar_bench_clrs30.strings.kmp_matcher_v2:KMP_MATCHER_V2",
        "first match at any place, or none, with a prefix function",
        _MATCHER,
    )
    register(
        "mst_kruskal_v2",
        "nar_bench_clrs30.graphs.mst_kruskal_v2:MST_KRUSKAL_V2",
        "minimum spanning tree, many families",
        _KRUSKAL,
    )
    register(
        "mst_prim_v2",
        "nar_bench_clrs30.graphs.mst_prim_v2:MST_PRIM_V2",
        "minimum spanning tree, many families",
    )
    register(
        "naive_string_matcher_v2",
        "nar_bench_clrs30.strings.naive_string_matcher_v2:NAIVE_STRING_MATCHER_V2",
        "first match at any place, or none",
        Drawing(words=_LETTERS),
    )
    register(
        "quickselect_v2",
        "nar_bench_clrs30.searching.quickselect_v2:QUICKSELECT_V2",
        "median by partition, with one meaning of rank",
    )
    register(
        "segments_intersect_v2",
        "nar_bench_clrs30.geometry.segments_intersect_v2:SEGMENTS_INTERSECT_V2",
        "whether any two of many segments intersect",
        _SEGMENTS,
    )
    register(
        "strongly_connected_components_v2",
        "nar_bench_clrs30.graphs.strongly_connected_components_v2:STRONGLY_CONNECTED_COMPONENTS_V2",
        "components of directed graphs, many families",
        _TWO_WALKS,
    )
    register(
        "task_scheduling_v2",
        "nar_bench_clrs30.greedy.task_scheduling_v2:TASK_SCHEDULING_V2",
        "unit tasks with deadlines, optimal",
        _TASKS,
    )


@hookimpl
def register_suites(register: Register) -> None:
    """Register the suites."""
    register("clrs30", "nar_bench_clrs30.suites:clrs30.toml", "the fixed data set protocol of 2022, five processors")
    register(
        "clrs30-lite", "nar_bench_clrs30.suites:clrs30-lite.toml", "eight algorithms, three processors, in an hour"
    )
    register("clrs30-online", "nar_bench_clrs30.suites:clrs30-online.toml", "the protocol of Ibarz et al. 2022")
    register(
        "quickstart", "nar_bench_clrs30.suites:quickstart.toml", "three algorithms, learned and measured in minutes"
    )


@hookimpl
def register_data_sets(register: Register) -> None:
    """Register the data sets."""
    register("clrs30", "nar_bench_clrs30.data_sets:clrs30.toml", "the 30 algorithms, n = 16 to 1,024, with text")
