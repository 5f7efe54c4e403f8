import type { IncomingMessage, ServerResponse } from 'node:http';
import { BlockList } from 'node:net';
import { GatewayError, fail } from '#libs/errors';
import { challengeFor } from '#libs/identity';
import { type Logger, scrape } from '#libs/telemetry';
import type { PlatformConfig } from '../platform.config.js';
import type { Readiness } from '../readiness.js';
import type { BrowserGuard } from './browser-guard.js';
import { versionOf } from './describe-gateway.js';
import { answerJson, refuse } from './refuse.js';

/** What whoever reads the metrics must hold. */
export const METRICS_PERMISSION = 'admin.metrics';

/** Rejects when the caller of a request may not read the metrics of the process. */
export type ChecksMetricsReader = (request: IncomingMessage) => Promise<void>;

const notYet: ChecksMetricsReader = () => Promise.reject(fail('platform.not_ready'));

/** What the process tells whoever operates it: the first thing that works and the last that stops. */
export class OperationsFace {
  /** Known once the process knows callers. */
  checkMetricsReader: ChecksMetricsReader = notYet;

  constructor(
    private readonly services: readonly string[],
    private readonly readiness: Readiness,
    private readonly logger: Logger,
    private readonly internalMetrics: PlatformConfig['INTERNAL_METRICS'],
  ) {}

  /** `guard` tells why a request is not answered, but for `/health`; balancers ask that by any name. */
  answer(request: IncomingMessage, response: ServerResponse, guard: BrowserGuard): boolean {
    const answer = this.find(request);
    if (answer === null) return false;
    const refusal = request.url?.startsWith('/health') ? null : guard.refusal(request.headers);
    if (refusal !== null) {
      refuse(response, refusal);
      return true;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      refuse(response, fail('http.method_not_allowed'));
      return true;
    }
    answer(response).catch((thrown: unknown) => {
      if (thrown instanceof GatewayError) return refuse(response, thrown, challengeHeader(thrown));
      this.logger.error({ err: thrown }, 'an operations answer failed');
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
        return this.metricsFor(request);
      case '/metrics/prometheus':
      case '/v1/metrics/prometheus':
        // The metrics service has rules of its own for it.
        return this.services.includes('metrics') ? null : this.metricsFor(request);
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

  private metricsFor(request: IncomingMessage): ((response: ServerResponse) => Promise<void>) | null {
    switch (this.internalMetrics) {
      case 'off':
        return null;
      case 'private':
        return isInternal(request) ? (response) => this.metrics(request, response) : null;
      case 'token':
        return async (response) => {
          await this.checkMetricsReader(request);
          await this.metrics(request, response);
        };
    }
  }

  private async metrics({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { contentType, body } = await scrape(headers.accept);
    response.writeHead(200, { 'content-type': contentType });
    response.end(body);
  }
}

const challengeHeader = (error: GatewayError): Readonly<Record<string, string>> => {
  const challenge = challengeFor(error, { scope: METRICS_PERMISSION });
  return challenge === null ? {} : { 'www-authenticate': challenge };
};

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
