"""Starts the command line for ``python -m pentaprism``."""

from pentaprism.cli import main

if __name__ == "__main__":
    main()
