import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import type { ChangeClass } from './classify.js';

/** What becomes of changes of a gateway's tools, from what lets the most through to what lets the least. */
export const CHANGE_POLICIES = ['accept', 'hold_text_and_breaking', 'hold_all'] as const;
/** One of `CHANGE_POLICIES`. */
export type ChangePolicy = (typeof CHANGE_POLICIES)[number];

interface GatewayOfChanges {
  readonly transport: UpstreamTransport;
  /** Null: as the setting has it. */
  readonly changePolicy: ChangePolicy | null;
}

/** What counts for a gateway. What is described by hand is changed by whoever may, and nobody else has a hand in it. */
export const changePolicyOf = ({ changePolicy, transport }: GatewayOfChanges, fallback: ChangePolicy): ChangePolicy =>
  transport === 'REST' || transport === 'OWN' ? 'accept' : (changePolicy ?? fallback);

/** Whether the one lets through what the other does not. */
export const isWeaker = (one: ChangePolicy, other: ChangePolicy): boolean =>
  CHANGE_POLICIES.indexOf(one) < CHANGE_POLICIES.indexOf(other);

const TEXT_AND_BREAKING: ReadonlySet<ChangeClass> = new Set(['text', 'breaking', 'hidden_characters']);

/** Whether a change waits for somebody. What is removed cannot be called any more, whoever approves of it. */
export const isHeld = (policy: ChangePolicy, changeClass: ChangeClass): boolean => {
  if (policy === 'accept' || changeClass === 'removed') return false;
  return policy === 'hold_all' || TEXT_AND_BREAKING.has(changeClass);
};
