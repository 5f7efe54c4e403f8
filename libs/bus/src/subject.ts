import type { AnyEvent, AnyRequest, AnySignal } from '#libs/contracts';
import { fail } from '#libs/errors';

/** No blank, dot, wildcard or control character: what a client named must not widen whom a message reaches. */
const TOKEN = /^[\w-]+$/;

/** Where a signal is sent, or waited for. `to` is the instance or the key that it reaches, if it does not reach all. */
export const signalSubject = ({ subject, reaches }: AnySignal, to: string | undefined): string => {
  if (reaches === 'all') return `${subject}.all`;
  if (to === undefined || !TOKEN.test(to)) {
    throw fail('bus.malformed', { message: 'Not an address of a signal', executed: 'no' });
  }
  return `${subject}.${to}`;
};

/** Where a subscriber on `instance` finds an event or a signal. */
export const subscribedSubject = (
  contract: AnyEvent | AnySignal,
  instance: string,
  key: string | undefined,
): string => {
  if (contract.kind === 'event') return contract.subject;
  return signalSubject(contract, contract.reaches === 'instance' ? instance : key);
};

export const subjectOf = (contract: AnyRequest, instance: string | undefined): string => {
  if (instance === undefined) return contract.subject;
  if (!TOKEN.test(instance)) throw fail('bus.no_responders', { executed: 'no' });
  return `${contract.subject}.${instance}`;
};
