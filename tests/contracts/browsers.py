"""The browser that the tests look with: Debian's Chromium, which `make test` installs."""

from __future__ import annotations

import shutil

import pytest

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
"""What Chromium needs as root, and where shared memory is small."""


def chromium() -> str:
    """Return the path of Chromium; skips the test, aloud, where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium here: see scripts/browser.sh")
    return found
