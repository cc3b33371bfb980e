"""Draws docs/demo.svg: what `pentaprism demo` prints, as a picture for the README."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 84


def main() -> None:
    """Run the demo in a folder of its own and draw what it printed."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "pentaprism", "demo"]
        environment = {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "PATH": "", "HOME": home}
        shown = subprocess.run(
            command, cwd=home, env=environment, capture_output=True, check=True, text=True
        ).stdout
    shown = shown.replace(f"{home}/", "").replace(f"{Path(home).resolve()}/", "")
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi("$ make demo\n" + shown.rstrip()))
    picture = console.export_svg(title="pentaprism")
    # The fonts that rich names are fetched from the network; any monospaced one will do.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = picture.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    lines = (line.rstrip() for line in picture.splitlines())
    target = Path(__file__).resolve().parents[1] / "docs" / "demo.svg"
    target.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
