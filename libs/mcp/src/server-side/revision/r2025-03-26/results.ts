import type { ForwardedMethod, ListKind, NeutralResult, Offer } from '../../codec.js';
import { withoutContentTypes } from '../../content-text.js';
import { withoutMembers } from '../../definition-text.js';
import { initializeResult, plainList, plainResult, sessionCapabilities } from '../../session-results.js';

/** Kinds of content that came later. */
const LATER_CONTENT = ['resource_link'];

export const listResult = (list: ListKind, definitions: readonly string[], nextCursor: string | null): string =>
  plainList(list, definitions, nextCursor);

export const callResult = (_method: ForwardedMethod, result: NeutralResult): string =>
  plainResult(withoutContentTypes(withoutMembers(result.body, ['structuredContent']), LATER_CONTENT), result.meta);

export const emptyResult = (): string => '{}';

export const greeting = (offer: Offer, about: string): string =>
  initializeResult('2025-03-26', sessionCapabilities(offer, true), offer, about);
