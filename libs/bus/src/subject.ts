import type { AnyRequest } from '#libs/contracts';
import { fail } from '#libs/errors';

/** No blank, wildcard or control character: what a client named must not widen whom a message reaches. */
const SUBJECT = /^[\w-]+(\.[\w-]+)*$/;
const TOKEN = /^[\w-]+$/;

export const checkSubject = (subject: string): void => {
  if (!SUBJECT.test(subject)) throw fail('bus.malformed', { message: 'Not a subject', executed: 'no' });
};

export const subjectOf = (contract: AnyRequest, instance: string | undefined): string => {
  if (instance === undefined) return contract.subject;
  if (!TOKEN.test(instance)) throw fail('bus.no_responders', { executed: 'no' });
  return `${contract.subject}.${instance}`;
};
