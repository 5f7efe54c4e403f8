import { Injectable } from '@nestjs/common';
import type { CallContext } from '#libs/bus';
import type { RequestOf } from '#contracts/define';
import type { UpstreamNotice, WatchUpstream } from '#contracts/tool-invocation/watch-upstream.request';
import { fail, toGatewayError } from '#libs/errors';
import { MODERN_REVISION } from '#libs/mcp';
import { Backoff, pause } from '#libs/resilience';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';

type Request = RequestOf<typeof WatchUpstream>;

const RETRY = { firstMs: 1_000, maxMs: 30_000 };
const URIS_MAX = 1_000;

/** Follows resources of an upstream for a subscriber, on a new conversation whenever the last one is lost. */
@Injectable()
export class WatchService {
  private readonly stopping = new AbortController();

  constructor(private readonly directory: UpstreamDirectory) {}

  /** Ends every watch, so that its subscriber goes to another instance. */
  dismiss(): void {
    this.stopping.abort();
  }

  async watch(request: Request, context: Pick<CallContext<UpstreamNotice>, 'signal' | 'send'>): Promise<never> {
    const { signal: subscriber } = context;
    const { uris } = request;
    if (uris.length > URIS_MAX) throw fail('mcp.params_invalid', { message: `More than ${URIS_MAX} resources` });
    const signal = AbortSignal.any([subscriber, this.stopping.signal]);
    const pending = new Map<string, UpstreamNotice>();
    let sending = false;
    // A change that comes while the subscriber is busy is sent once, when it has time.
    const pump = async () => {
      if (sending) return;
      sending = true;
      try {
        for (const [key, notice] of pending) {
          pending.delete(key);
          await context.send(notice);
        }
      } finally {
        sending = false;
      }
    };
    const notify = (notice: UpstreamNotice) => {
      pending.set(notice.kind === 'standing' ? '' : notice.uri, notice);
      void pump().catch(() => {});
    };
    const backoff = new Backoff(RETRY);
    for (let again = false; !signal.aborted; again = true) {
      const lost = await this.follow(request, notify, again, signal).catch((error: unknown) => {
        // A dedicated session is for its client to begin anew, wherever its owner will be.
        if (!again || toGatewayError(error).code === 'upstream.session_lost') throw error;
        return false;
      });
      if (lost) backoff.succeeded();
      if (!signal.aborted) await pause(backoff.failed(), signal);
    }
    throw fail(subscriber.aborted ? 'bus.cancelled' : 'bus.responder_lost');
  }

  /** Resolves with true when the conversation ends, with false when the subscriber goes before it begins. */
  private async follow(
    { upstreamId, principalId, uris, revision = MODERN_REVISION, dedicatedSession, ...listener }: Request,
    notify: (notice: UpstreamNotice) => void,
    again: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const upstream = await this.directory.upstream(upstreamId);
    const principal = { id: principalId, tokenId: null };
    const { capabilities = {}, clientKey: key, passedHeaders, subjectToken } = listener;
    const shown = {
      upstreamId,
      principal,
      ...(passedHeaders && { passedHeaders }),
      ...(subjectToken && { subjectToken }),
    };
    const access = await this.directory.credentials.accessOfCall(shown);
    const peer = await upstream.peer(access, {
      client: { info: null, capabilities, revision, ...(key !== undefined && { key }) },
      principal,
      ...(dedicatedSession && { dedicatedSession }),
    });
    if (signal.aborted) return false;
    const updated = (uri: string): void => notify({ kind: 'resource-updated', uri });
    const ends = uris.map((uri) => upstream.watchResource(peer, uri, updated));
    // Changes in between were missed.
    if (again) for (const uri of uris) updated(uri);
    void peer.watching().then(() => signal.aborted || peer.closed || notify({ kind: 'standing' }));
    try {
      await new Promise<void>((resolve) => {
        const stop = upstream.onLost(peer, resolve);
        signal.addEventListener(
          'abort',
          () => {
            stop();
            resolve();
          },
          { once: true },
        );
      });
    } finally {
      for (const end of ends) end();
    }
    return true;
  }
}
