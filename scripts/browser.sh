#!/bin/sh
# Makes sure that there is a Chromium for the tests in a browser: Debian's, as there is no wheel.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
if command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the tests in a browser."
    if $as_root apt-get -qq update >/dev/null 2>&1 &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y --no-install-recommends \
            chromium fonts-dejavu-core >/dev/null 2>&1; then
        exit 0
    fi
fi
echo "There is no Chromium here, and none could be installed: tests in a browser are skipped." >&2
