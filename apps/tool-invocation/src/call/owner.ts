import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';

/** Whose question it would be: a session of a client, or, for a client without one, the call alone. */
export const ownerOf = ({ client, callId }: Pick<UpstreamCall, 'client' | 'callId'>): string => client.key ?? callId;
