import type { CallAnswer } from '#contracts/tool-invocation/execute-call.request';
import type { Answer } from '#libs/bus';
import { type GatewayError, fail } from '#libs/errors';
import { INTERNAL_ERROR, URL_ELICITATION_REQUIRED, canAnswer, isSafeUrl } from '#libs/mcp';
import type { RoutedCall } from '../call/index.js';
import { isSessionCall } from './input-loop.js';

/** Under which a client answers that it was where its user consents. */
const CONSENT_KEY = 'consent';

/**
 * How a client is told that its user has to consent at an upstream: one that can be sent to URLs is, as its revision has it; any
 * other finds the URL in the text of a result or, where there is no result that could say it, of an error.
 */
export const consentAnswer = (
  call: RoutedCall,
  { message, data }: GatewayError,
  elicitationId: string,
): Omit<Answer<CallAnswer>, 'instance'> => {
  const { outgoing } = call;
  const url = data?.['consentUrl'];
  const params = { mode: 'url', message, url };
  if (isSafeUrl(url) && canAnswer(outgoing.client.capabilities, 'elicitation/create', params)) {
    if (!isSessionCall(call)) {
      const inputRequests = { [CONSENT_KEY]: { method: 'elicitation/create', params } };
      return { head: { kind: 'input-required', asksConsent: true }, body: JSON.stringify({ inputRequests }) };
    }
    const elicitations = [{ ...params, elicitationId }];
    return { head: { kind: 'error', error: { code: URL_ELICITATION_REQUIRED, message, data: { elicitations } } } };
  }
  if (outgoing.method === 'tools/call') {
    const result = { content: [{ type: 'text', text: message }], isError: true };
    return { head: { kind: 'result' }, body: JSON.stringify(result) };
  }
  return { head: { kind: 'error', error: { code: INTERNAL_ERROR, message, ...(data && { data }) } } };
};

/** The failure of a call whose client would not be sent there. */
export const declined = ({ message, data }: GatewayError): GatewayError =>
  fail('mcp.input_unavailable', {
    message: `${message}. The client has declined that`,
    executed: 'no',
    ...(data && { data }),
  });
