import { AsyncLocalStorage } from 'node:async_hooks';
import type { Actor } from '#libs/contracts';

/** What one request or command does, from its beginning, when it is not known yet who has sent it. */
interface Act {
  actor: Actor | undefined;
}

const acts = new AsyncLocalStorage<Act>();

/** Runs `work`, and all that it awaits, as an act whose actor is still to be named. */
export const openAct = <Result>(work: () => Result): Result => acts.run({ actor: undefined }, work);

/** Says who it is that acts here; outside of an act nobody does. */
export const nameActor = (actor: Actor): void => {
  const act = acts.getStore();
  if (act !== undefined) act.actor = actor;
};

/** Runs `work`, and all that it awaits, as an act of `actor`; of the gateway itself where there is none. */
export const actingAs = <Result>(actor: Actor | undefined, work: () => Result): Result => acts.run({ actor }, work);

/** Who acts here. `undefined`: the gateway itself. */
export const currentActor = (): Actor | undefined => acts.getStore()?.actor;

const CHANGES = /^\s*(?:INSERT|UPDATE|DELETE|MERGE|WITH)\b/i;

/**
 * A statement that changes something, with who acts in a comment before it: there the triggers of the audit trail read it
 * (`current_query()`), at no round trip and whatever pooler stands between.
 */
export const signed = (statement: string): string => {
  const actor = currentActor();
  if (actor === undefined || !CHANGES.test(statement)) return statement;
  return `/*by ${Buffer.from(JSON.stringify(actor)).toString('base64')}*/ ${statement}`;
};
