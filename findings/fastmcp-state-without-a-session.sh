#!/usr/bin/env bash
# In FastMCP 4.2.3 `ctx.set_state` succeeds for a client of 2026-07-28, and the next call of that client reads None.
#
# One would guess that state which cannot be kept is refused, or that a server does not offer an era in which its tools forget.
# The same client with `mode="legacy"` has a session, and reads what it wrote. Which one a client gets is up to the client:
# mcp 2.3.0 takes 2026-07-28 where it is offered, and FastMCP offers it always.
set -euo pipefail
for program in python3; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check fastmcp==4.2.3 mcp==2.3.0

cat > server.py <<'EOF'
import sys
from fastmcp import Context, FastMCP

server = FastMCP("state")

@server.tool
async def remember(value: str, ctx: Context) -> str:
    await ctx.set_state("value", value)
    return "remembered"

@server.tool
async def recall(ctx: Context) -> str:
    return str(await ctx.get_state("value"))

server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
EOF
cat > client.py <<'EOF'
import asyncio, sys
from mcp import Client

async def main():
    for mode in ("auto", "legacy"):
        async with Client(sys.argv[1], mode=mode) as client:
            said = [await client.call_tool("remember", {"value": "blue"}), await client.call_tool("recall", {})]
            print(mode, client.session.protocol_version, *(result.content[0].text for result in said))

asyncio.run(main())
EOF

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python/bin/python server.py "$port" >/dev/null 2>&1 & server=$!
until python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null; do sleep 0.2; done
python/bin/python client.py "http://127.0.0.1:$port/mcp" 2>/dev/null | tee seen
diff - seen <<'EOF' && echo 'as stated'
auto 2026-07-28 remembered None
legacy 2025-11-25 remembered blue
EOF
