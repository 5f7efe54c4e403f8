import type { IncomingMessage, ServerResponse } from 'node:http';
import { BlockList } from 'node:net';
import { fail } from '#libs/errors';
import { type Logger, renderPrometheus } from '#libs/telemetry';
import type { Readiness } from '../readiness.js';
import { versionOf } from './describe-gateway.js';
import { answerJson, refuse } from './refuse.js';

/** What the process tells whoever operates it: the first thing that works and the last that stops. */
export class OperationsFace {
  constructor(
    private readonly services: readonly string[],
    private readonly readiness: Readiness,
    private readonly logger: Logger,
  ) {}

  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const answer = this.find(request);
    if (answer === null) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      refuse(response, fail('http.method_not_allowed'));
      return true;
    }
    answer(response).catch((error: unknown) => {
      this.logger.error({ err: error }, 'an operations answer failed');
      if (!response.headersSent) refuse(response, fail('platform.internal'));
    });
    return true;
  }

  private find(request: IncomingMessage): ((response: ServerResponse) => Promise<void>) | null {
    const { url = '' } = request;
    const query = url.indexOf('?');
    switch (query < 0 ? url : url.slice(0, query)) {
      case '/health':
        return async (response) => answerJson(response, 200, { status: 'healthy' });
      case '/ready':
        return (response) => this.ready(response);
      case '/version':
        return async (response) => answerJson(response, 200, versionOf(this.services));
      case '/internal/metrics':
        return isInternal(request) ? (response) => this.metrics(response) : null;
      default:
        return null;
    }
  }

  private async ready(response: ServerResponse): Promise<void> {
    const reasons = await this.readiness.reasons();
    const found = this.readiness.warnings();
    const warnings = Object.keys(found).length === 0 ? {} : { warnings: found };
    if (Object.keys(reasons).length === 0) answerJson(response, 200, { status: 'ready', ...warnings });
    else answerJson(response, 503, { status: 'not ready', reasons, ...warnings }, { 'retry-after': '1' });
  }

  private async metrics(response: ServerResponse): Promise<void> {
    const body = await renderPrometheus();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(body);
  }
}

const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv6');

/** From this machine or its private network, and not through the edge, which speaks for everybody. */
const isInternal = ({ socket, headers }: IncomingMessage): boolean => {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  const address = socket.remoteAddress ?? '';
  return PRIVATE.check(address, socket.remoteFamily === 'IPv6' ? 'ipv6' : 'ipv4');
};
