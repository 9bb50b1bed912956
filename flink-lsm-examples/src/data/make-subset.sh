#!/usr/bin/env bash
# Makes the embedded flights of this module from the npm package vega-datasets 3.2.1.
# Needs npm, gzip and DuckDB's command line (https://duckdb.org). Writes flights-2001-01.csv.gz beside its user.
#
#   src/data/make-subset.sh                        writes into src/main/resources/io/flinklsm/examples/flights/
set -euo pipefail
module=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target="$module/src/main/resources/io/flinklsm/examples/flights/flights-2001-01.csv.gz"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent vega-datasets@3.2.1
tar xzf vega-datasets-3.2.1.tgz package/data/flights-3m.parquet
duckdb < "$module/src/data/make-subset.sql"
gzip -9 -n < flights.csv > "$target"       # -n: no name and no time in the header, so that the bytes repeat
echo "wrote $target: $(($(wc -l < flights.csv) - 1)) flights, $(wc -c < "$target") bytes"
