"""What a suite says of the data set that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SourceOptions:
    """The table [data] of a suite. Without a source samples are drawn."""

    source: str = ""
    """A folder that `nar-bench data build` made, or hub:OWNER/NAME@REVISION."""
    streaming: bool = False
    """Whether training samples are read as they are needed, in the order of the files: for more than memory holds."""
    configs: Mapping[str, str] = field(default_factory=dict)
    """Algorithm -> the config to read, where it is not the one with its name, such as bfs-grid."""
