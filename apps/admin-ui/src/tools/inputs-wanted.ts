import { plain } from '../kit/text.tsx';

export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface InputRequest {
  readonly method: string;
  readonly params: Members;
}

/** What a tool asks of the person before it goes on. */
export interface WantedInputs {
  readonly requests: readonly (readonly [name: string, request: InputRequest])[];
  /** Sealed to the caller; given back as it is. */
  readonly state: string | null;
}

/**
 * It is an upstream that says it: whatever it is, it can be shown.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
export const inputsWanted = (result: Members | null): WantedInputs | null => {
  const { resultType, inputRequests, requestState } = result ?? {};
  if (resultType !== 'input_required' || !isMembers(inputRequests)) return null;
  return {
    requests: Object.entries(inputRequests).map(([name, request]) => {
      const { method, params } = isMembers(request) ? request : {};
      return [name, { method: plain(method), params: isMembers(params) ? params : {} }] as const;
    }),
    state: typeof requestState === 'string' ? requestState : null,
  };
};
