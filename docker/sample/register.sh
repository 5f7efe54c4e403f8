#!/bin/sh
# Registers the sample upstream, unless it is: register.sh COMMAND..., where COMMAND is how the command line is started.
set -eu
SWITCHYARD_TOKEN=$("$@" token create --user "${PLATFORM_ADMIN_EMAIL:-admin@example.com}" --admin --expires 10m)
export SWITCHYARD_TOKEN
"$@" servers show sample > /dev/null 2>&1 || "$@" servers add sample "${SAMPLE_URL:-http://sample:8080/mcp}"
