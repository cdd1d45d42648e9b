"""`python -m mlops.learning COMMAND`: no Django, no PDF library, documents from words/ alone."""

from __future__ import annotations

import argparse
import logging
import sys

from invex import terminal

from . import base_package, cli, pretrain


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mlops.learning", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    cli.add_learn(commands.add_parser("learn", help="dataset folder -> model package"))
    cli.add_predict(commands.add_parser("predict", help="dataset folder -> predictions, one a line"))
    cli.add_evaluate(commands.add_parser("evaluate", help="metrics by field and by template"))
    base_package.add_arguments(commands.add_parser("base", help="rebuild the package that the project ships"))
    pretrain.add_arguments(commands.add_parser("pretrain", help="a base package whose network has read your archive"))
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    run = {
        "learn": cli.run_learn,
        "predict": cli.run_predict,
        "evaluate": cli.run_evaluate,
        "base": base_package.run,
        "pretrain": pretrain.run,
    }
    return run[options.command](options)


if __name__ == "__main__":
    sys.exit(terminal.run(main))
