import { Inject, Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { ReadChallenge } from '#contracts/tool-invocation/web/read-challenge.request';
import { toGatewayError } from '#libs/errors';
import type { HttpRequest } from '#libs/openapi';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { HttpApiSender } from '../transport/http-api/sender.js';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { answerOf } from '../transport/http-api/answer-of.js';

/** Of all that is asked together, within the deadline of whoever wants to know. */
const ALL_MS = 5_500;
const ASK_MS = 5_000;
/** A stream that is there begins at once. */
const OPEN_MS = 2_000;
const WANTS_TOKEN = new Set([401, 403]);
const ANSWER_BYTES_MAX = 64 * 1024;
/** Servers read it before they look at what is asked; those of either era understand it. */
const GREETING = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'switchyard', version: '1' },
  },
});

/** Of servers that greet whoever comes, and look at a token from here on. */
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} });

const POSTED = [
  ['content-type', 'application/json'],
  ['accept', 'application/json, text/event-stream'],
] as const;
const OPENED = [['accept', 'text/event-stream']] as const;

/** Hears what an MCP server wants to be shown, by showing it nothing. */
@Injectable()
export class ChallengeService {
  private readonly egress: EgressPolicy;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {
    this.egress = new EgressPolicy(settings.egress);
  }

  /** Rejects with `upstream.…`. */
  async read({ url }: RequestOf<typeof ReadChallenge>): Promise<ReplyOf<typeof ReadChallenge>> {
    const sender = new HttpApiSender({ ...this.settings, resultBytesMax: ANSWER_BYTES_MAX }, this.egress);
    const untilMs = performance.now() + ALL_MS;
    const ask = async (
      request: Omit<HttpRequest, 'url'>,
      timeoutMs: number,
      isHeadEnough: boolean,
    ): Promise<ReplyOf<typeof ReadChallenge>> => {
      const leftMs = Math.max(1, Math.min(timeoutMs, untilMs - performance.now()));
      const answer = await answerOf(sender, { ...request, url }, [], leftMs, undefined, isHeadEnough);
      return { status: answer.status, challenge: answer.headers['www-authenticate'] ?? null };
    };
    const post = (body: string) => ask({ method: 'POST', headers: POSTED, body: Buffer.from(body) }, ASK_MS, false);
    try {
      const greeted = await post(GREETING);
      if (WANTS_TOKEN.has(greeted.status)) return greeted;
      // Over HTTP+SSE nothing is posted here: all begins with a stream, that may be open without an end.
      const open = () =>
        ask({ method: 'GET', headers: OPENED, body: null }, OPEN_MS, true).catch((error: unknown) =>
          toGatewayError(error).code === 'upstream.timed_out' ? null : greeted,
        );
      const opened = greeted.status < 400 ? greeted : await open();
      // Whoever asks has no time to wait once more for one that is silent.
      if (opened === null) return greeted;
      if (WANTS_TOKEN.has(opened.status)) return opened;
      const listed = await post(LIST);
      return WANTS_TOKEN.has(listed.status) ? listed : greeted;
    } finally {
      await sender.close();
    }
  }
}
