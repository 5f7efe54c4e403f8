// The smallest service with workers: an HTTP server in the workers of a supervisor, from the build. Its argument is the plan,
// as JSON.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, httpTraffic, workTaken } from '../../../dist/libs/telemetry/src/index.js';
import { Supervisor } from '../../../dist/libs/service/src/workers/supervisor.js';
import { WorkerLink } from '../../../dist/libs/service/src/workers/worker-link.js';

if (cluster.isPrimary) {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const logger = createLogger({ service: 'test', level: 'fatal', to: 'stderr' });
  const supervisor = new Supervisor(JSON.parse(process.argv[2]), () => cluster.fork(), logger);
  process.on('SIGTERM', () => supervisor.stop(5_000));
  process.on('message', () => void supervisor.collect().then(({ text }) => process.send({ text })));
  cluster.on('message', (worker, { kind, url }) => {
    if (kind === 'ready') process.send?.({ ready: worker.process.pid, url });
  });
  process.exit((await supervisor.run()) ? 0 : 1);
} else {
  let isStopping = false;
  const server = createServer((request, response) => {
    workTaken.requests++;
    if (isStopping) response.shouldKeepAlive = false;
    void sleep(Number(new URL(`http://localhost${request.url}`).searchParams.get('ms'))).then(() => {
      if (isStopping) response.shouldKeepAlive = false;
      httpTraffic.answered('GET', 'test', 200, 0);
      response.end(String(process.pid));
    });
  });
  const stop = async () => {
    isStopping = true;
    // That of HTTP would close connections on which a request may just be coming.
    Server.prototype.close.call(server);
    const count = () => new Promise((resolve) => server.getConnections((_error, open) => resolve(open)));
    for (let looks = 0; looks < 20 && (await count()) > 0; looks++) await sleep(50);
    await link.leave();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  const link = new WorkerLink(() => void stop());
  server.listen(0, '127.0.0.1', () => link.ready(`http://127.0.0.1:${server.address().port}`));
}
