#!/usr/bin/env bash
# A client of nats.js 3.4.0 stays with a server that has announced that it goes, until the server throws it out.
#
# One would guess that the announcement (`ldm` of INFO, made so that clients can move in peace) moves the client to another
# server of the cluster. It is a status event and nothing else: subscriptions, queue groups and new requests stay where they are,
# while that server already refuses new connections; the client moves when it is disconnected, after `lame_duck_grace_period`
# (10 s by default) and within `lame_duck_duration`, with what was in flight.
set -euo pipefail
for program in node npm nats-server; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${first:-}" "${second:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @nats-io/transport-node@3.4.0

ports=($(node -e "
const { createServer } = require('node:net');
const servers = [1, 2, 3, 4].map(() => createServer().listen(0, '127.0.0.1'));
setTimeout(() => { console.log(...servers.map((s) => s.address().port)); for (const s of servers) s.close(); }, 100);"))
config() {
  cat <<EOF
listen: 127.0.0.1:$1
lame_duck_grace_period: 3s
lame_duck_duration: 30s
cluster { name: pair, listen: 127.0.0.1:$2, routes: [nats://127.0.0.1:$3], no_advertise: false }
EOF
}
config "${ports[0]}" "${ports[2]}" "${ports[3]}" > first.conf
config "${ports[1]}" "${ports[3]}" "${ports[2]}" > second.conf
nats-server -c first.conf 2>first.log & first=$!
nats-server -c second.conf 2>second.log & second=$!
cat > client.mjs <<'EOF'
import { connect } from '@nats-io/transport-node';

const [first, second, pid] = process.argv.slice(2);
const client = await connect({ servers: [first, second].map((port) => `127.0.0.1:${port}`), noRandomize: true });
const port = () => client.getServer().split(':').at(-1);
const place = () => (port() === first ? 'the server that goes' : 'the other');
let announced = 0;
process.kill(Number(pid), 'SIGUSR2');
for await (const { type } of client.status()) {
  if (type === 'ldm') {
    announced = Date.now();
    setTimeout(() => console.log('2 s after the announcement at', place()), 2_000);
  }
  if (type === 'disconnect') console.log('thrown out', Date.now() - announced >= 2_500 ? 'after' : 'before', 'the grace period');
  if (type === 'reconnect') {
    console.log('then at', place());
    break;
  }
}
await client.close();
EOF
for port in "${ports[@]:0:2}"; do
  until node -e "require('node:net').connect($port, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"; do sleep 0.1; done
done
node client.mjs "${ports[0]}" "${ports[1]}" "$first" | tee seen
diff - seen <<'EOF' && echo 'as stated'
2 s after the announcement at the server that goes
thrown out after the grace period
then at the other
EOF
