#!/usr/bin/env bash
# BullMQ on PostgreSQL gives a worker other data than BullMQ on Redis, and refuses some that Redis takes.
#
# The two backends have one API, and one would guess that a job has the data it was added with on either. BullMQ 6.7.0:
#                                    Redis                      PostgreSQL 15 (`createPostgresBackend`)
#   data { zz, b, a }                as added                   members in another order (shorter names first), since it is jsonb
#   a processor's result             as returned                likewise
#   data null                        null                       {}
#   text with U+0000 in data         as added                   `add` rejects, `addBulk` adds none of its jobs
#   half a surrogate pair in data    as added                   `add` rejects
#   counts of a paused queue         waiting: 1, paused: 0      waiting: 0, paused: 1
# So a digest or signature over `JSON.stringify(job.data)` holds on one and fails on the other, and the result of a tool that
# prints U+0000 cannot be queued. A text that is JSON itself keeps its order on both.
set -euo pipefail
for program in node npm redis-server setpriv; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -n "$bin" ] || { echo 'needs PostgreSQL (Debian: postgresql)'; exit 2; }
folder=$(mktemp -d); cd "$folder"
plain() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi; }
trap 'kill "${redis:-}" "${postgres:-}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund bullmq@6.7.0 pg@8.23.1 ioredis@5.11.1

cat > free-port.mjs <<'EOF'
import { createServer } from 'node:net';

const server = createServer().listen(0, '127.0.0.1', () => {
  console.log(server.address().port);
  server.close();
});
EOF
cat > jobs.mjs <<'EOF'
import { Queue, Worker, createPostgresBackend } from 'bullmq';

const [, , store, port] = process.argv;
const connection = store === 'redis'
  ? { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null }
  : { connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`, migrate: true };
const backend = store === 'redis' ? [] : [createPostgresBackend];
const queue = new Queue('jobs', { connection }, ...backend);
await queue.waitUntilReady();

const say = (what, value) => console.log(`${what}: ${value === undefined ? 'nothing' : JSON.stringify(value)}`);
const kept = async (data) => {
  try {
    return (await queue.getJob((await queue.add('job', data)).id)).data;
  } catch (error) {
    return error.message;
  }
};
say('order', await kept({ zz: 1, b: 2, a: 3 }));
say('JSON as text', await kept('{"zz":1,"b":2}'));
say('null', await kept(null));
say('U+0000', await kept({ text: 'a\u0000b' }));
say('half a pair', await kept({ text: 'a\ud800b' }));
await queue.drain();
const bulk = [{ name: 'job', data: {} }, { name: 'job', data: { text: 'a\u0000b' } }];
await queue.addBulk(bulk).catch(() => {});
say('of two in bulk', await queue.getWaitingCount());
await queue.drain();
await queue.pause();
const job = await queue.add('job', {});
say('paused', await queue.getJobCounts('waiting', 'paused'));
await queue.resume();
const worker = new Worker('jobs', async () => ({ zz: 1, b: 2 }), { connection }, ...backend);
while ((await job.getState()) !== 'completed') await new Promise((resolve) => setTimeout(resolve, 50));
say('result', (await queue.getJob(job.id)).returnvalue);
await worker.close();
await queue.close();
process.exit();
EOF

port=$(node free-port.mjs)
redis-server --port "$port" --bind 127.0.0.1 --save '' >redis.log & redis=$!
until grep -q 'Ready to accept' redis.log; do sleep 0.1; done
node jobs.mjs redis "$port" 2>&1 | tee redis.seen
chmod 755 . && mkdir data && { [ "$(id -u)" != 0 ] || chown 65534:65534 data; }
plain "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-locale >/dev/null
port=$(node free-port.mjs)
plain "$bin/postgres" -D "$folder/data" -p "$port" -h 127.0.0.1 -k "$folder/data" 2>postgres.log & postgres=$!
until grep -q 'ready to accept' postgres.log; do sleep 0.1; done
node jobs.mjs postgres "$port" 2>&1 | tee postgres.seen

diff - redis.seen <<'EOF' && diff - postgres.seen <<'EOF2' && echo 'as stated'
order: {"zz":1,"b":2,"a":3}
JSON as text: "{\"zz\":1,\"b\":2}"
null: null
U+0000: {"text":"a\u0000b"}
half a pair: {"text":"a\ud800b"}
of two in bulk: 2
paused: {"waiting":1,"paused":0}
result: {"zz":1,"b":2}
EOF
order: {"a":3,"b":2,"zz":1}
JSON as text: "{\"zz\":1,\"b\":2}"
null: {}
U+0000: "unsupported Unicode escape sequence"
half a pair: "invalid input syntax for type json"
of two in bulk: 0
paused: {"waiting":0,"paused":1}
result: {"b":2,"zz":1}
EOF2
