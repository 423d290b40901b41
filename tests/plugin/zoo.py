"""Plugins that are broken in every way we know, as source; the fixture in conftest.py really installs them."""

from __future__ import annotations

from dataclasses import dataclass

_HEAD = "from nar_bench.plugin import hookimpl\n"
_FINE = """
@hookimpl
def register_algorithms(register):
    register("{name}", "zoo_target:NOTHING", "an animal")
"""


@dataclass(frozen=True)
class Animal:
    """One distribution.

    Attributes:
        source: of its module.
        status: what `nar-bench plugins` says.
        reason: a part of its reason.
        doctor: the status under --doctor, where it is another.
        entry_point: its entry point's name; by default the distribution's.
    """

    source: str
    status: str
    reason: str = ""
    doctor: str = ""
    entry_point: str = ""


ZOO = {
    "healthy": Animal(_HEAD + _FINE.format(name="healthy_one"), "ok", doctor="invalid"),
    "import_error": Animal("raise ImportError('boom at import')", "import error", "ImportError: boom at import"),
    "syntax_error": Animal("def broken(:\n    pass\n", "import error", "SyntaxError: invalid syntax (line 1"),
    "lacks_something": Animal(
        "from nar_bench.errors import PluginUnavailable\nraise PluginUnavailable('it needs a spoon; buy one')",
        "unavailable",
        "it needs a spoon; buy one",
    ),
    "exits": Animal("import sys\nsys.exit(3)", "import error", "it called sys.exit(3)"),
    "interrupts_itself": Animal("raise GeneratorExit('odd')", "import error", "GeneratorExit: odd"),
    "raises_half_way": Animal(
        _HEAD
        + _FINE.format(name="half_one")
        + "\n@hookimpl\ndef register_processors(register):\n"
        + "    register('half_two', 'zoo_target:NOTHING', '')\n    raise RuntimeError('half-way')\n",
        "registration error",
        "RuntimeError: half-way; nothing of it was registered",
    ),
    "misspelt_hook": Animal(
        _HEAD
        + "\n@hookimpl\ndef register_algoritms(register):\n    register('misspelt_one', 'zoo_target:NOTHING', '')\n",
        "invalid",
        "a hook 'register_algoritms', which does not exist. Did you mean 'register_algorithms'?",
    ),
    "wrong_signature": Animal(
        _HEAD
        + "\n@hookimpl\ndef register_algorithms(register, extra):\n"
        + "    register('wrong_one', 'zoo_target:NOTHING', '')\n",
        "invalid",
        "extra",
    ),
    "no_hook": Animal("VALUE = 1", "invalid", "it implements no hook"),
    "bad_target": Animal(
        _HEAD + "\n@hookimpl\ndef register_algorithms(register):\n    register('bad_one', 'zoo_target', '')\n",
        "registration error",
        "the target 'zoo_target' is not of the form 'module:attribute'",
    ),
    "twin_a": Animal(_HEAD + _FINE.format(name="twin"), "ok", doctor="invalid"),
    "twin_b": Animal(
        _HEAD + _FINE.format(name="twin"),
        "conflict",
        "algorithm 'twin' is also registered as zoo-twin-a/twin",
        doctor="invalid",
    ),
    "usurper": Animal(
        _HEAD + _FINE.format(name="bfs"),
        "conflict",
        "algorithm 'bfs' is also registered as nar-bench/bfs",
        doctor="invalid",
    ),
    "same_entry_point_a": Animal(_HEAD + _FINE.format(name="shared_a"), "ok", doctor="invalid", entry_point="shared"),
    "same_entry_point_b": Animal(_HEAD + _FINE.format(name="shared_b"), "ok", doctor="invalid", entry_point="shared"),
    "chatty": Animal(
        "print('HELLO FROM A PLUGIN')\n" + _HEAD + _FINE.format(name="chatty_one"), "ok", doctor="invalid"
    ),
    "hangs": Animal("import time\ntime.sleep(3600)", "timeout", "its import took more than 0.5 s"),
    "hangs_stubbornly": Animal(
        "import time\nwhile True:\n    try:\n        time.sleep(3600)\n    except Exception:\n        pass\n",
        "timeout",
        "its import took more than 0.5 s",
    ),
}
"""Those that every command survives."""

DEADLY = {
    "kills": Animal("import os\nos._exit(7)", "", doctor="import error", reason="its process ended with exit code 7"),
    "crashes": Animal(
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "", doctor="import error", reason="killed by SIGSEGV"
    ),
}
"""Those that no process survives; only --doctor can tell."""
