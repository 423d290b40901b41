"""The command `nar-bench`. Commands are named here and imported only when they are called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping

import click

from nar_bench import __version__
from nar_bench.errors import NarBenchError, did_you_mean

TRACEBACK_VARIABLE = "NAR_BENCH_TRACEBACK"
"""Set to 1 to see the traceback of an unexpected error."""

COMMANDS: Mapping[str, tuple[str, str]] = {
    "list": ("nar_bench.cli.list", "What is there: algorithms, processors, suites and the rest."),
    "plugins": ("nar_bench.cli.plugins", "Every plugin with its status, and why it is not ok."),
    "plan": ("nar_bench.cli.plan", "What a suite would run, and what is there already."),
    "why": ("nar_bench.cli.why", "What makes a record stale."),
    "run": ("nar_bench.cli.run", "Run a suite; run again to resume."),
    "status": ("nar_bench.cli.status", "How a run stands, from another shell."),
    "results": ("nar_bench.cli.results", "The scores in a results folder."),
    "compare": ("nar_bench.cli.compare", "Which of two methods is better, and how sure that is."),
    "rank": ("nar_bench.cli.rank", "All methods ranked, with what the seeds leave open."),
    "leaderboard": ("nar_bench.cli.leaderboard", "Boards: their pages, and submissions to them."),
    "ideas": ("nar_bench.cli.ideas", "A page of the ideas that trained networks write."),
    "align": ("nar_bench.cli.align", "How many examples learners need, and whether theory says so."),
    "data": ("nar_bench.cli.data", "Data sets: build, verify, publish, fetch."),
    "model": ("nar_bench.cli.model", "Trained networks on the Hub: publish, fetch, measure again."),
    "describe": ("nar_bench.cli.describe", "What algorithms read, show and return."),
    "show": ("nar_bench.cli.show", "One run of an algorithm, step by step."),
    "view": ("nar_bench.cli.view", "A page that plays a run, and what a network makes of it."),
    "check": ("nar_bench.cli.check", "Put components through their conformance kit."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and suggest the nearest for one that is not there."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(f"there is no command '{args[0]}'.{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list for --help without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nar-bench")
def cli() -> None:
    """Benchmarks for neural algorithmic reasoning.

    Start with: nar-bench run quickstart
    """


def main() -> None:
    """Run the command line; turn every error into one message and an exit code.

    Exit codes: 0 fine, 1 something that was run failed, 2 wrong use or input, 130 interrupted.
    """
    try:
        result = cli.main(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except NarBenchError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone (`nar-bench list | head`); the interpreter must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE) == "1":
            raise
        click.echo(
            f"error: unexpected {type(error).__name__}: {error}\n"
            f"This is a fault in nar-bench or in a plugin. Set {TRACEBACK_VARIABLE}=1 to see where.",
            err=True,
        )
        sys.exit(1)
