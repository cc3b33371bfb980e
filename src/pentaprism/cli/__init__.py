"""The command line: thin commands over `pentaprism.app`."""


def main() -> None:
    """Run the command line."""
