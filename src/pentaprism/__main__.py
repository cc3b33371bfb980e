"""Lets ``python -m pentaprism`` start the command line."""

from pentaprism.cli import main

if __name__ == "__main__":
    main()
