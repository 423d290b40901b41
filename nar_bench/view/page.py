"""The page of a run: one HTML file that needs no network and works from a file:// address."""

from __future__ import annotations

import json
from pathlib import Path

from nar_bench.errors import ViewError
from nar_bench.results.files import write_whole
from nar_bench.view.picture import Picture

LARGEST = 3_000_000
"""Bytes of a page at most."""


def write_page(picture: Picture, file: Path) -> Path:
    """Write the page and return its path.

    Raises:
        ViewError: it would be larger than `LARGEST`.
        StoreError: the file cannot be written.
    """
    page = to_html(picture).encode()
    if len(page) > LARGEST:
        raise ViewError(
            f"the page would have {len(page):,} bytes; at most {LARGEST:,} are allowed. Choose a smaller --size."
        )
    write_whole(file, page)
    return file


def to_html(picture: Picture) -> str:
    """Render the page; equal pictures give equal bytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("nar_bench.view"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Within a script element "<" could end it; JSON may write it as an escape wherever it stands.
    data = json.dumps(picture.plain(), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return environment.get_template("view.html.j2").render(picture=picture, data=data)
