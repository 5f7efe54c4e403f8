import { Inject, Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { ReadAgentCard } from '#contracts/tool-invocation/web/read-agent-card.request';
import { WithBody } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { decodeUtf8 } from '#libs/mcp';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { type Access, presentsCredential, requestPath } from '../transport/channel.js';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { refusalOf } from '../transport/http/refusal.js';
import { HttpApiSender } from '../transport/http-api/sender.js';
import { withReason } from '../transport/reason.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { answerOf } from '../transport/http-api/answer-of.js';

/** Before whoever asks gives up, so that they hear why. */
const READING_MS = ReadAgentCard.deadlineMs - 2_000;
/** Agents of either version give a card of their own, whatever they are asked for. */
const NEWEST = '1.0';

/** Reads what A2A agents say of themselves. https://a2a-protocol.org/v1.0.0/specification/#82-discovery-mechanisms */
@Injectable()
export class AgentCardService {
  private readonly egress: EgressPolicy;

  constructor(
    private readonly directory: UpstreamDirectory,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.egress = new EgressPolicy(settings.egress);
  }

  /** Rejects with the reason, in words for whoever runs the agent. */
  async read({
    profile,
    urls,
    bytesMax,
    credential,
  }: RequestOf<typeof ReadAgentCard>): Promise<WithBody<ReplyOf<typeof ReadAgentCard>>> {
    const access = await this.directory.credentials.accessWith(credential, profile.id);
    const sender = new HttpApiSender({ ...this.settings, resultBytesMax: bytesMax }, this.egress);
    const deadlineAtMs = performance.now() + READING_MS;
    try {
      for (const url of urls) {
        const text = await this.fetch(sender, new URL(url), access, deadlineAtMs - performance.now());
        if (text !== null) return new WithBody({ found: true }, text);
      }
      return new WithBody({ found: false }, undefined);
    } catch (error) {
      throw withReason(toGatewayError(error));
    } finally {
      await sender.close();
    }
  }

  /** Null where there is none. */
  private async fetch(sender: HttpApiSender, url: URL, access: Access, timeoutMs: number): Promise<string | null> {
    const { tokenId } = access;
    const request = {
      method: 'GET',
      url: `${url.origin}${requestPath(url, access)}`,
      headers: [
        ['accept', 'application/json'],
        ['a2a-version', NEWEST],
      ] as const,
      body: null,
    };
    const { status, headers, body } = await answerOf(sender, request, access.headers, timeoutMs, access.tls);
    if (status === 404 || status === 405) return null;
    if (status === 401 && tokenId !== undefined && (await access.renew?.(tokenId)))
      return this.fetch(sender, url, { ...access, tokenId: undefined }, timeoutMs);
    if (status !== 200)
      throw refusalOf(status, {
        retryAfter: headers['retry-after'],
        location: headers['location'],
        presented: presentsCredential(access),
      });
    if (body === null) throw fail('upstream.too_large', { message: 'The agent card is too large' });
    return decodeUtf8(Buffer.from(body));
  }
}
