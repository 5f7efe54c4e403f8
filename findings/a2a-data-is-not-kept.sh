#!/usr/bin/env bash
# Structured data that goes through a Python A2A agent comes back with other numbers and in another order each time.
#
# A data part holds JSON, and one would guess that an agent which hands on what it was given answers with the same JSON. In
# Python a2a-sdk 1.3.0 a data part is a `google.protobuf.Value`: every number is a double, every object a map without order. Seen:
#   7 comes back as 7.0, which a Python client reads as a float
#   the order of members differs between runs of one program, so no digest of the answer can be compared
# @a2a-js/sdk 1.3.0 answers with what was sent, member for member.
set -euo pipefail
for program in node npm python3 curl; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${agent:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @a2a-js/sdk@1.3.0 express@5.3.0
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check 'a2a-sdk[http-server]==1.3.0' uvicorn==0.54.0

cat > agent.mjs <<'EOF'
import { writeFileSync } from 'node:fs';
import { Role } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';

const face = { url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '1.0' };
const card = {
  name: 'echo', description: 'echo', supportedInterfaces: [face], version: '1', skills: [], signatures: [],
  capabilities: { streaming: false, pushNotifications: false, extensions: [] }, securitySchemes: {}, securityRequirements: [],
  defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'],
};
const executor = {
  async execute({ userMessage, contextId }, bus) {
    bus.publish(AgentEvent.message({ ...userMessage, messageId: 'two', role: Role.ROLE_AGENT, contextId }));
    bus.finished();
  },
  async cancelTask() {},
};
const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
const app = express().use(jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
const server = app.listen(0, '127.0.0.1', () => writeFileSync('port', String(server.address().port)));
EOF
cat > agent.py <<'EOF'
import socket, uvicorn
from a2a.helpers import new_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types.a2a_pb2 import AgentCard
from starlette.applications import Starlette

class Echo(AgentExecutor):
    async def execute(self, context, queue):
        await queue.enqueue_event(new_message(list(context.message.parts), context_id=context.context_id))

    async def cancel(self, context, queue):
        pass

handler = DefaultRequestHandler(agent_executor=Echo(), task_store=InMemoryTaskStore(), agent_card=AgentCard(name="echo"))
listener = socket.create_server(("127.0.0.1", 0))
open("port", "w").write(str(listener.getsockname()[1]))
app = Starlette(routes=create_jsonrpc_routes(handler, "/"))
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
EOF
data='{"one":7,"two":1.5,"three":3,"four":4,"five":5,"six":6}'
answer() { # starts an agent, prints the data that it answers with, ends the agent
  rm -f port; "$@" 2>/dev/null & agent=$!
  until [ -s port ]; do sleep 0.1; done
  curl -s "http://127.0.0.1:$(cat port)/" -H 'content-type: application/json' -H 'a2a-version: 1.0' -d '{"jsonrpc":"2.0","id":1,
    "method":"SendMessage","params":{"message":{"messageId":"one","role":"ROLE_USER","parts":[{"data":'"$data"'}]}}}' |
    tr -d ' \n' | grep -o '{"one[^}]*}\|{"[a-z]*":[0-9.]*,[^{}]*}' | head -1
  kill "$agent"; wait "$agent" 2>/dev/null || true
}
js=$(answer node agent.mjs); echo "js: $js"
for run in 1 2 3 4; do answer python/bin/python agent.py; done | tee python.seen
[ "$js" = "$data" ]
[ "$(tr ',' '\n' <python.seen | grep -c '"one":7\.0')" = 4 ]
[ "$(sort -u python.seen | wc -l)" -gt 1 ]
[ "$(while read -r line; do tr -d '{}' <<<"$line" | tr ',' '\n' | sort | tr '\n' ' '; echo; done <python.seen | sort -u)" = \
  '"five":5.0 "four":4.0 "one":7.0 "six":6.0 "three":3.0 "two":1.5 ' ] && echo 'as stated'
