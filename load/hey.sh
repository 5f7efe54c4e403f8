#!/usr/bin/env bash
# Requests with hey (Debian package of that name) against a gateway of yours, and a verdict.
#   TOKEN=… load/hey.sh [list|call|FILE]   URL, REQUESTS, CLIENTS, TOOL, ARGUMENTS, P99_MS, ERRORS_PERCENT
# FILE is a body, such as one of load/payloads; PATHNAME says where it is posted, / as in ContextForge's guides or /rpc. A method that
# names a tool wants LEGACY_RPC_TOOL_METHODS=true of the gateway.
set -euo pipefail
: "${TOKEN:?a token of the gateway: switchyard token create}"
url=${URL:-http://127.0.0.1:4444}
requests=${REQUESTS:-10000}
clients=${CLIENTS:-200}
case ${1:-list} in
  list) body='{"jsonrpc":"2.0","id":1,"method":"tools/list"}' ;;
  call)
    if [ -z "${ARGUMENTS:-}" ]; then ARGUMENTS='{}'; fi
    body=$(printf '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s","arguments":%s}}' \
      "${TOOL:?the tool to call}" "$ARGUMENTS")
    ;;
  *)
    if [ ! -f "$1" ]; then echo "usage: load/hey.sh [list|call|FILE]" >&2; exit 2; fi
    body=$(cat "$1")
    ;;
esac
report=$(hey -n "$requests" -c "$clients" -m POST -T application/json \
  -H "Authorization: Bearer $TOKEN" -H 'Accept: application/json' -d "$body" "$url${PATHNAME:-/rpc}")
echo "$report"
# What hey gives up on stands under "Error distribution" and in no status line; it rounds the number of requests down.
awk -v asked="$((requests / clients * clients))" -v p99_ms="${P99_MS:-500}" -v percent="${ERRORS_PERCENT:-0.1}" '
  /99% in/ { p99 = $3 * 1000 }
  /^  \[[0-9]+\].*responses/ { split($1, code, /[][]/); if (code[2] < 400) good += $2 }
  END {
    share = 100 * (asked - good) / asked
    printf "p99 %.0f ms (at most %s), errors %.2f %% (at most %s)\n", p99, p99_ms, share, percent
    exit !(p99 > 0 && p99 <= p99_ms && share <= percent)
  }' <<<"$report"
