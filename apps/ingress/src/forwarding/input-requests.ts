import { fail } from '#libs/errors';
import { type ServerRequestMethod, isServerRequestMethod, isObject, memberText, membersOf, valueText } from '#libs/mcp';

/** One thing an upstream wants of the client. */
export interface InputRequest {
  readonly key: string;
  readonly method: ServerRequestMethod;
  readonly params: unknown;
  readonly paramsText: string;
}

export interface InputNeeded {
  readonly requests: readonly InputRequest[];
  /** The upstream's own, as JSON text, to be given back unchanged. */
  readonly requestStateText: string | null;
}

/** Reads the body of an `input-required` answer. Throws `upstream.invalid_answer`. */
export const readInputNeeded = (body: string): InputNeeded => {
  const members = membersOf(body);
  const part = (key: string): string | null => {
    const member = members.find((candidate) => candidate.key === key);
    return member === undefined ? null : valueText(body, member);
  };
  const requestsText = part('inputRequests');
  const requests = requestsText === null || requestsText === 'null' ? [] : readRequests(requestsText);
  return { requests, requestStateText: part('requestState') };
};

const readRequests = (text: string): InputRequest[] =>
  membersOf(text).map((member) => {
    const requestText = valueText(text, member);
    const request: unknown = JSON.parse(requestText);
    if (!isObject(request) || !isServerRequestMethod(request['method'])) {
      throw fail('upstream.invalid_answer', {
        message: 'The upstream asks for something that cannot be asked',
        executed: 'unknown',
      });
    }
    const paramsText = memberText(requestText, 'params') ?? '{}';
    return { key: member.key, method: request['method'], params: request['params'], paramsText };
  });
