import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { fail } from '#libs/errors';
import { type Logger, scrape } from '#libs/telemetry';
import { refuse } from '../http/refuse.js';

const PATHS = new Set(['/metrics', '/metrics/prometheus', '/internal/metrics']);
const CONNECTIONS_MAX = 32;
const TIMEOUT_MS = 10_000;

/**
 * Serves the metrics of the process, and nothing else, on a port of their own: to whoever reaches it, so that the network
 * decides who scrapes. Resolves to what closes it; rejects with `config.invalid` where it cannot listen.
 */
export const openMetricsPort = async (host: string, port: number, logger: Logger): Promise<() => Promise<void>> => {
  const server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'the metrics could not be answered');
      if (response.headersSent) response.destroy();
      else refuse(response, fail('platform.internal'));
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(fail('config.invalid', { message: `METRICS_PORT: cannot listen on port ${port} (${error.code})` })),
    );
    server.listen({ host, port }, resolve);
  });
  server.on('error', (error) => logger.error({ err: error }, 'the HTTP server of the metrics reports an error'));
  return async () => {
    server.close();
    server.closeAllConnections();
  };
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method, url = '', headers } = request;
  if (!PATHS.has(url.split('?', 1)[0] ?? '')) return refuse(response, fail('http.not_found'));
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return refuse(response, fail('http.method_not_allowed'));
  }
  const { contentType, body } = await scrape(headers.accept);
  response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }).end(body);
};
