import { integer, type Option } from '#libs/config';

export const WORKERS_MAX = 64;
/** Where `WORKER_TIMEOUT` is 0. */
export const SILENCE_S_MAX = 60;

/** As many as there are processors, where there can be several. */
export const AUTO = 0;

const workers = (prose: string): Option<number> => ({
  form: `auto | integer 1…${WORKERS_MAX}`,
  defaultValue: 1,
  prose,
  secret: false,
  parse: (value) =>
    value.toLowerCase() === 'auto' ? AUTO : integer(1, prose, { min: 1, max: WORKERS_MAX }).parse(value),
});

/** How many processes serve as one service, and when one of them is replaced. */
export const workerOptions = {
  WORKERS: workers(
    'Processes that share the port of the service, each a replica of it on the bus. More than one needs `NATS_URL`, and `DATABASE_URL` and `REDIS_URL` where the service has such a store; a gateway that is one process has one. `auto`: as many as there are processors where those are there, else 1.',
  ),
  MAX_REQUESTS: integer(
    0,
    'Requests, over HTTP and over the bus, after which a worker is replaced: its successor serves before it stops. 0: never.',
  ),
  MAX_REQUESTS_JITTER: integer(
    0,
    'Up to so many are added to `MAX_REQUESTS`, at random for each worker, so that they are not replaced together.',
  ),
  WORKER_TIMEOUT: integer(
    0,
    `Seconds without a sign of life after which a worker is ended and replaced. 0: ${SILENCE_S_MAX} where the service has workers; any other number has a single one watched too.`,
    { max: 3_600 },
  ),
};
