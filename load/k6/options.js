// Where to and with what: URL, TOKEN, TOOL, ARGUMENTS, CLIENTS; what must hold: P99_MS. STRETCH=0.1 for a short run.
export const url = __ENV.URL || 'http://127.0.0.1:4444';
const clients = Number(__ENV.CLIENTS || 100);
const stretch = Number(__ENV.STRETCH || 1);
const seconds = (count) => `${Math.max(1, Math.round(count * stretch))}s`;

/** Up in two steps, held, down again. */
export const options = {
  stages: [
    { duration: seconds(30), target: Math.ceil(clients / 4) },
    { duration: seconds(30), target: clients },
    { duration: seconds(120), target: clients },
    { duration: seconds(15), target: 0 },
  ],
  thresholds: {
    http_req_failed: ['rate<0.001'],
    http_req_duration: [`p(99)<${__ENV.P99_MS || 500}`],
    checks: ['rate>0.999'],
  },
};

export const headers = {
  Authorization: `Bearer ${__ENV.TOKEN}`,
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
};
