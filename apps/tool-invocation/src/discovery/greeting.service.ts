import { Injectable } from '@nestjs/common';
import { NO_CREDENTIAL } from '#contracts/auth/upstream-credential.request';
import type { ReplyOf } from '#contracts/define';
import { GreetUpstream } from '#contracts/tool-invocation/greet-upstream.request';
import { fail, toGatewayError } from '#libs/errors';
import { speaksMcp } from '../transport/channel.js';
import { withReason } from '../transport/reason.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { inTime } from './in-time.js';

type Reply = ReplyOf<typeof GreetUpstream>;

/** Before whoever asks gives up, so that they hear why. */
const GREETING_MS = GreetUpstream.deadlineMs - 2_000;

/** Shakes hands with an upstream as with a stranger, whatever is open with it. Nothing that is open is touched. */
@Injectable()
export class GreetingService {
  private readonly open = new Map<string, Promise<Reply>>();

  constructor(private readonly directory: UpstreamDirectory) {}

  /** One at a time for each upstream: whoever asks meanwhile shares the answer. Rejects with the reason in words. */
  greet(upstreamId: string): Promise<Reply> {
    let greeting = this.open.get(upstreamId);
    if (greeting === undefined) {
      greeting = this.shakeHands(upstreamId).finally(() => this.open.delete(upstreamId));
      this.open.set(upstreamId, greeting);
    }
    return greeting;
  }

  private async shakeHands(upstreamId: string): Promise<Reply> {
    const access = await this.directory.credentials.access(upstreamId, '');
    const upstream = await this.directory.stranger(upstreamId);
    const startedAtMs = performance.now();
    try {
      if (!speaksMcp(upstream.kind))
        throw fail('upstream.not_mcp', { message: 'What is no MCP server has no handshake', executed: 'no' });
      const { identity } = await inTime(Promise.resolve(upstream.overview(access)), GREETING_MS, 'what it is');
      const { era, protocolVersion, serverInfo, capabilities } = identity;
      const elapsedMs = Math.round(performance.now() - startedAtMs);
      const hasCredential = access.version !== NO_CREDENTIAL;
      return { greeting: { era, protocolVersion, serverInfo, capabilities, elapsedMs }, hasCredential };
    } catch (error) {
      throw withReason(toGatewayError(error));
    } finally {
      // A conversation that is still being opened ends once it is.
      void upstream.close();
    }
  }
}
