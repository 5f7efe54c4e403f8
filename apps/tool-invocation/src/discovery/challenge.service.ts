import { Inject, Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { ReadChallenge } from '#contracts/tool-invocation/web/read-challenge.request';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { HttpApiSender } from '../transport/http-api/sender.js';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { answerOf } from '../transport/http-api/answer-of.js';

const ASK_MS = 5_000;
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
    const headers = [
      ['content-type', 'application/json'],
      ['accept', 'application/json, text/event-stream'],
    ] as const;
    const ask = async (body: string): Promise<ReplyOf<typeof ReadChallenge>> => {
      const answer = await answerOf(sender, { method: 'POST', url, headers, body: Buffer.from(body) }, [], ASK_MS);
      return { status: answer.status, challenge: answer.headers['www-authenticate'] ?? null };
    };
    try {
      const greeted = await ask(GREETING);
      if (WANTS_TOKEN.has(greeted.status)) return greeted;
      const listed = await ask(LIST);
      return WANTS_TOKEN.has(listed.status) ? listed : greeted;
    } finally {
      await sender.close();
    }
  }
}
