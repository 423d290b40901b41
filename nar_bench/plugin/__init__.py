"""What a plugin is, how it registers, how it is found."""

from nar_bench.plugin.hookspecs import hookimpl

__all__ = ["hookimpl"]
