"""The page of a study: one HTML file that needs no network and works from a file:// address."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from nar_bench.errors import IdeasError
from nar_bench.ideas.study import Study
from nar_bench.results.files import write_whole

LARGEST = 3_000_000
"""Bytes of a page at most."""

LABELS = {
    "chance": "chance",
    "step": "the step alone",
    "inputs": "encoded inputs and the step",
    "untrained": "ideas, untrained",
    "trained": "ideas, trained",
}
"""What readers are told that hints are read from (see `nar_bench.ideas.study.Probed`)."""
SHAPES = {
    "chance": "M-1.2,-8h2.4v16h-2.4z",
    "step": "M0,-5.5l5,9h-10z",
    "inputs": "M0,-6l6,6l-6,6l-6,-6z",
    "untrained": "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0",
    "trained": "M-5.5,0a5.5,5.5 0 1,0 11,0a5.5,5.5 0 1,0 -11,0",
}
"""SVG paths of their marks, so that none is told by its colour alone."""
SUMMARIES = {
    "scalar": "mean over all nodes or edges",
    "mask": "share of nodes or edges in it",
    "categorical": "share of each class",
    "pointer": "share of nodes that do not point at themselves",
}


def write_page(study: Study, file: Path) -> Path:
    """Write the page and return its path.

    Raises:
        IdeasError: it would be larger than `LARGEST`.
        StoreError: the file cannot be written.
    """
    page = to_html(study).encode()
    if len(page) > LARGEST:
        raise IdeasError(
            f"the page would have {len(page):,} bytes; at most {LARGEST:,} are allowed. Ask for fewer --inputs, a "
            "smaller --size, or fewer trials with --trial."
        )
    write_whole(file, page)
    return file


def to_json(study: Study) -> str:
    """Return every number as JSON."""
    return json.dumps(asdict(study), allow_nan=False)


def to_html(study: Study) -> str:
    """Render the page; equal studies give equal bytes."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        # The board's style and its light/dark switch are this page's too.
        loader=ChoiceLoader([PackageLoader("nar_bench.ideas"), PackageLoader("nar_bench.leaderboard")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Within a script element "<" could end it; JSON may write it as an escape wherever it stands.
    data = to_json(study).replace("<", "\\u003c")
    return environment.get_template("ideas.html.j2").render(
        study=study, data=data, labels=LABELS, shapes=SHAPES, summaries=SUMMARIES
    )
