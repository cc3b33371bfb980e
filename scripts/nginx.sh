#!/bin/sh
# Makes sure that there is an nginx for the tests and the benchmarks: Debian's, as there is no wheel.
set -eu
PATH=$PATH:/usr/sbin:/sbin
if command -v nginx >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
if command -v apt-get >/dev/null 2>&1; then
    echo "Installing nginx for the tests and the benchmarks."
    # The package would start a server on port 80: nothing here wants it.
    if $as_root apt-get -qq update >/dev/null 2>&1 &&
        DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $as_root apt-get -qq install -y \
            --no-install-recommends nginx-light >/dev/null 2>&1; then
        exit 0
    fi
fi
echo "There is no nginx here, and none could be installed: tests with it are skipped." >&2
