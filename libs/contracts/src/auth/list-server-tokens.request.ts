import { defineRequest } from '../define.js';

/** A token that is for one virtual server alone. Not its value, which nobody keeps. */
export interface ServerToken {
  readonly id: string;
  readonly name: string;
  readonly userEmail: string;
}

/** How many tokens of one virtual server an answer names at most; it counts all. */
export const SERVER_TOKENS_MAX = 100;

/** The tokens on record that are for one of these virtual servers alone, and are neither revoked nor expired. */
export const ListServerTokens = defineRequest<
  { readonly serverIds: readonly string[] },
  {
    /** None for a virtual server without such tokens. */
    readonly servers: readonly {
      readonly serverId: string;
      readonly count: number;
      /** The newest, no more than `SERVER_TOKENS_MAX`. */
      readonly tokens: readonly ServerToken[];
    }[];
  }
>('auth', 'server-tokens.list', { deadlineMs: 3_000 });
