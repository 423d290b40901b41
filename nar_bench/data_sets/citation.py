"""How a data set is cited: itself, by version and recipe, and what it follows."""

from __future__ import annotations

import re

from nar_bench.data_sets.manifest import Manifest


def citations(manifest: Manifest, url: str) -> list[str]:
    """Return BibTeX entries, that of the data set first.

    Args:
        url: where it is published.
    """
    recipe = manifest.recipe
    key = re.sub(r"[^a-z0-9]", "", recipe.name) + f"v{recipe.version}"
    made = manifest.made_with
    year = f"\n  year = {{{str(made['built'])[:4]}}}," if made.get("built") else ""
    own = (
        f"@misc{{{key},\n"
        f"  title = {{{recipe.name} v{recipe.version}: trajectories of algorithms}},\n"
        f"  author = {{{{The nar-bench developers}}}},{year}\n"
        f"  howpublished = {{\\url{{{url}}}}},\n"
        f"  note = {{Version {recipe.version}, recipe {recipe.hash()}}}\n"
        "}"
    )
    return [own, *(one.strip() for one in recipe.citations)]
