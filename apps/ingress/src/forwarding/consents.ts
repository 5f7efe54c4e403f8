import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { UpstreamConsentChanged } from '#contracts/auth/credential-revoked.event';
import { ConsentGiven } from '#contracts/ingress/consent-given.signal';
import type { CallAnswer } from '#contracts/tool-invocation/execute-call.request';
import type { Answer, Bus, Subscription } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import type { RoutedCall } from '../call/index.js';
import { consentAnswer, declined } from './consent-answer.js';

/** A client says that it has opened the URL, not that all is done there. */
const WAIT_MS = 30_000;
/** A consent that came while the call was under way. */
const RECENT_MS = 60_000;
const TOLD_MAX = 10_000;
const TOLD_EACH_MAX = 32;
const TOLD_MS = 15 * 60_000;

/** A session that was sent to where its user consents. */
interface Told {
  readonly clientKey: string;
  readonly elicitationId: string;
}

/**
 * Calls whose caller has to consent at the upstream first: each client is sent to the URL in the way that it can use, and once the
 * consent is there the call goes on. https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#url-mode-elicitation-required-error
 */
export class Consents {
  private readonly told = new LRUCache<string, readonly Told[]>({ max: TOLD_MAX, ttl: TOLD_MS });
  /** When they came, in epoch ms. */
  private readonly recent = new LRUCache<string, number>({ max: TOLD_MAX, ttl: RECENT_MS });
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly subscription: Subscription;

  constructor(private readonly bus: Bus) {
    this.subscription = bus.subscribe(UpstreamConsentChanged, ({ upstreamId, principalId, isGiven }) => {
      const key = keyOf(upstreamId, principalId);
      if (isGiven) this.given(key);
      else this.recent.delete(key);
    });
  }

  /**
   * What a call is answered that failed of `thrown`; `again` executes it once more. Rejects with `thrown` where it failed of anything
   * but a missing consent.
   */
  async answer(
    call: RoutedCall,
    thrown: unknown,
    again: (call: RoutedCall) => Promise<Answer<CallAnswer>>,
  ): Promise<Answer<CallAnswer>> {
    const error = toGatewayError(thrown);
    if (error.code !== 'upstream.consent_needed') throw error;
    if (call.consent === 'refused') throw declined(error);
    const { outgoing } = call;
    const key = keyOf(outgoing.upstreamId, outgoing.principal.id);
    // One that was there before does not cover what is wanted now.
    const sinceMs = error.data?.['scopes'] === undefined ? 0 : call.receivedAtMs;
    if (call.consent === 'accepted' && (await this.comes(key, sinceMs, call.abort.signal))) {
      try {
        return await again({ ...call, outgoing: { ...outgoing, callId: randomUUID() } });
      } catch (second) {
        if (toGatewayError(second).code !== 'upstream.consent_needed') throw second;
      }
    }
    const elicitationId = randomUUID();
    const answer = consentAnswer(call, error, elicitationId);
    const { key: clientKey } = outgoing.client;
    if (answer.head.kind === 'error' && clientKey !== undefined) this.note(key, { clientKey, elicitationId });
    return { ...answer, instance: this.bus.instance };
  }

  close(): void {
    this.subscription.close();
  }

  private note(key: string, told: Told): void {
    this.told.set(key, [...(this.told.get(key) ?? []), told].slice(-TOLD_EACH_MAX));
  }

  private given(key: string): void {
    this.recent.set(key, Date.now());
    for (const go of this.waiting.get(key) ?? []) go();
    for (const told of this.told.get(key) ?? []) this.bus.signal(ConsentGiven, told);
    this.told.delete(key);
  }

  /** Whether the consent is there in time. */
  private async comes(key: string, sinceMs: number, signal: AbortSignal): Promise<boolean> {
    if ((this.recent.get(key) ?? -1) >= sinceMs) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const go = (): void => resolve(true);
    const give = (): void => resolve(false);
    const waiting = this.waiting.get(key) ?? new Set();
    this.waiting.set(key, waiting.add(go));
    const timer = setTimeout(give, WAIT_MS);
    signal.addEventListener('abort', give, { once: true });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', give);
      waiting.delete(go);
      if (waiting.size === 0) this.waiting.delete(key);
    }
  }
}

const keyOf = (upstreamId: string, principalId: string): string => `${upstreamId} ${principalId.toLowerCase()}`;
