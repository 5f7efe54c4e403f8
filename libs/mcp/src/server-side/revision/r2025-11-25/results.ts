import type { ForwardedMethod, ListKind, NeutralResult, Offer } from '../../codec.js';
import { wrapStructuredContent } from '../../definition-text.js';
import { initializeResult, plainList, plainResult, sessionCapabilities } from '../../session-results.js';

export const listResult = (list: ListKind, definitions: readonly string[], nextCursor: string | null): string =>
  plainList(list, definitions, nextCursor);

export const callResult = (method: ForwardedMethod, result: NeutralResult): string =>
  plainResult(method === 'tools/call' ? wrapStructuredContent(result.body) : result.body, result.meta);

export const emptyResult = (): string => '{}';

export const greeting = (offer: Offer, about: string): string =>
  initializeResult('2025-11-25', sessionCapabilities(offer, true), offer, about);
