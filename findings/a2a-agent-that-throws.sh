#!/usr/bin/env bash
# What an A2A agent's exception becomes depends on the SDK that the agent is made with, and one of two loses the task.
#
# An executor publishes a task, says that it works, and throws. One would guess that whoever sent the message is told the task's
# id and that it failed. Seen with A2A 1.0 over JSON-RPC, the message sent without streaming and then the tasks listed:
#   @a2a-js/sdk 1.3.0      HTTP 200, a result: the task, TASK_STATE_FAILED, with the text of the exception as its message
#   Python a2a-sdk 1.3.0   HTTP 200, a JSON-RPC error -32603 whose message is the text of the exception; it names no task. The task
#                          is there, TASK_STATE_FAILED, and says nothing of why
# A client that retries internal errors runs such an agent again, and one that keeps task ids has none to keep.
set -euo pipefail
for program in node npm python3 curl; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${js:-}" "${py:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @a2a-js/sdk@1.3.0 express@5.3.0
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check 'a2a-sdk[http-server]==1.3.0' uvicorn==0.54.0

cat > agent.mjs <<'EOF'
import { writeFileSync } from 'node:fs';
import { Role, TaskState } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';

const face = { url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '1.0' };
const card = {
  name: 'throws', description: 'throws', supportedInterfaces: [face], version: '1', skills: [], signatures: [],
  capabilities: { streaming: false, pushNotifications: false, extensions: [] }, securitySchemes: {}, securityRequirements: [],
  defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'],
};
const executor = {
  async execute({ taskId, contextId }, bus) {
    const status = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.task({ id: taskId, contextId, status, artifacts: [], history: [], metadata: undefined }));
    throw new Error('it broke');
  },
  async cancelTask() {},
};
const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
const app = express().use(jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
const server = app.listen(0, '127.0.0.1', () => writeFileSync('js.port', String(server.address().port)));
EOF
cat > agent.py <<'EOF'
import socket, uvicorn
from a2a.helpers import new_task_from_user_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types.a2a_pb2 import AgentCard
from starlette.applications import Starlette

class Throws(AgentExecutor):
    async def execute(self, context, queue):
        task = new_task_from_user_message(context.message)
        await queue.enqueue_event(task)
        await TaskUpdater(queue, task.id, task.context_id).start_work()
        raise RuntimeError("it broke")

    async def cancel(self, context, queue):
        pass

handler = DefaultRequestHandler(agent_executor=Throws(), task_store=InMemoryTaskStore(), agent_card=AgentCard(name="throws"))
listener = socket.create_server(("127.0.0.1", 0))
open("py.port", "w").write(str(listener.getsockname()[1]))
app = Starlette(routes=create_jsonrpc_routes(handler, "/"))
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
EOF
cat > ask.mjs <<'EOF'
const [, , name, port] = process.argv;
const ask = async (method, params) => {
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
  return [response.status, await response.json()];
};
const short = ({ status }) => `${status.state}, ${status.message?.parts.map(({ text }) => text) ?? 'no message'}`;
const message = { messageId: 'one', role: 'ROLE_USER', parts: [{ text: 'go' }] };
const [status, { result, error }] = await ask('SendMessage', { message });
console.log(name, 'sent:', status, error === undefined ? `result, ${short(result.task)}` : `error, ${JSON.stringify(error)}`);
const [, listed] = await ask('ListTasks', {});
console.log(name, 'listed:', listed.result?.tasks.map(short).join(' and ') ?? JSON.stringify(listed.error));
EOF

node agent.mjs 2>/dev/null & js=$!
python/bin/python agent.py 2>/dev/null & py=$!
until [ -s js.port ] && [ -s py.port ]; do sleep 0.1; done
{ node ask.mjs js "$(cat js.port)"; node ask.mjs python "$(cat py.port)"; } | tee seen
diff - seen <<'EOF' && echo 'as stated'
js sent: 200 result, TASK_STATE_FAILED, Agent execution error: it broke
js listed: TASK_STATE_FAILED, Agent execution error: it broke
python sent: 200 error, {"code":-32603,"message":"it broke"}
python listed: TASK_STATE_FAILED, no message
EOF
