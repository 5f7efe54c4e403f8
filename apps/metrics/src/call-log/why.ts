import { catalogue, isFailureCode } from '#libs/errors';
import type { CallRow } from './call-log.repository.js';

const NOT_RUN = 'Nothing was run.';

/** What became of a call and what decided it, in sentences for a person. */
export const whyOf = (
  call: Pick<CallRow, 'outcome' | 'errorCode' | 'rule' | 'upstreamRevision' | 'latencyMs'>,
): string => {
  switch (call.outcome) {
    case 'ok':
      return call.upstreamRevision === null
        ? 'It was answered from what the gateway keeps, without asking the upstream.'
        : 'The upstream answered.';
    case 'tool_error':
      return 'The tool ran, and answered that it failed.';
    case 'error':
      return errorOf(call);
    case 'refused':
      return `${reasonOf(call)} ${NOT_RUN}`;
    case 'cancelled':
      return `The client cancelled it, or left, after ${Math.round(call.latencyMs)} ms.`;
    case 'unknown':
      return 'The process that ran it died before it could say what became of the call: the tool may have run.';
  }
};

const errorOf = (call: Pick<CallRow, 'errorCode' | 'rule'>): string =>
  /^-?\d+$/.test(call.errorCode ?? '')
    ? `The upstream answered with the JSON-RPC error ${call.errorCode}.`
    : reasonOf(call);

const reasonOf = ({ errorCode, rule }: Pick<CallRow, 'errorCode' | 'rule'>): string => {
  const message = isFailureCode(errorCode ?? '') ? catalogue[errorCode as keyof typeof catalogue].message : 'It failed';
  return `${message} (${errorCode ?? 'no code'}).${ruleSentence(errorCode, rule)}`;
};

const ruleSentence = (errorCode: string | null, rule: string | null): string => {
  if (rule === null) return '';
  const [kind = '', value = ''] = rule.split(' ');
  if (kind === 'permission') return ` The permission ${value} is missing.`;
  if (errorCode === 'http.rate_limited') return ` The limit ${kind} is ${value}.`;
  return ` ${rule}.`;
};
