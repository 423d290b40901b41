"""What this plugin registers."""

from nar_bench.plugin import hookimpl


@hookimpl
def register_algorithms(register):
    """Register the algorithm."""
    register(
        "prefix_maximum", "nar_bench_template.prefix_maximum:PREFIX_MAXIMUM", "the greatest key so far, at every place"
    )


@hookimpl
def register_processors(register):
    """Register the processor."""
    register("mean_mpnn", "nar_bench_template.mean_mpnn:MEAN_MPNN", "message passing with the mean over neighbours")


@hookimpl
def register_similarities(register):
    """Register the similarity."""
    register("squared_distance", "nar_bench_template.squared_distance:SQUARED_DISTANCE", "minus the squared distance")
