#!/bin/sh
# Installs what the pages load in the browser, with the npm that is in the virtual environment $1.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
vendor=$here/src/pentaprism/web/static/vendor
sh "$here/scripts/npm.sh" "$1" "$here" "what the pages load in the browser"
mkdir -p "$vendor"
for file in htmx.min.js ext/hx-sse.min.js; do
  # The maps are not shipped, so nothing may point to them.
  sed '/^\/\/# sourceMappingURL=/d' "$here/node_modules/htmx.org/dist/$file" >"$vendor/.new"
  mv "$vendor/.new" "$vendor/$(basename "$file")"
done
