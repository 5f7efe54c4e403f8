import { defineRequest } from '../define.js';

/** An argument of a prompt, or a variable of a URI template. */
export interface OwnArgument {
  readonly name: string;
  readonly description: string | null;
  readonly required: boolean;
  /** What completion offers. */
  readonly values: readonly string[];
}

/** What a prompt or resource holds that is kept here, and comes from no upstream. Texts of templates are of `libs/templates`. */
export type OwnContent =
  | {
      readonly kind: 'prompt';
      readonly description: string | null;
      readonly template: string;
      readonly arguments: readonly OwnArgument[];
    }
  | {
      readonly kind: 'resource';
      readonly mimeType: string;
      /** Either of the two; `blob` is base64. */
      readonly text?: string;
      readonly blob?: string;
    }
  | {
      readonly kind: 'template';
      readonly uriTemplate: string;
      readonly mimeType: string;
      readonly template: string;
      readonly arguments: readonly OwnArgument[];
    };

/** Failure: `upstream.unknown` (also for an upstream that is no prompt or resource of the gateway's own, or is disabled). */
export const ResolveOwnContent = defineRequest<{ readonly upstreamId: string }, OwnContent>(
  'registry',
  'own-content.resolve',
  { deadlineMs: 2_000 },
);
