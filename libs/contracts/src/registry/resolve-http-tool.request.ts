import { defineRequest } from '../define.js';
import type { HttpBinding, Schema } from '#libs/openapi';

/** How a call of one tool of an HTTP API becomes a request. */
export interface HttpToolSource {
  /** `METHOD /path`: what a refresh knows it by. */
  readonly key: string;
  readonly binding: HttpBinding;
  /** What arguments are checked against. */
  readonly argumentsSchema: Schema;
  /** A jq filter that a JSON answer goes through; absent: it is passed on as it is. */
  readonly filter?: string;
}

/** Failure: `registry.tool_unknown` (also for an upstream that is no HTTP API). */
export const ResolveHttpTool = defineRequest<
  {
    readonly upstreamId: string;
    /** The upstream's own name of the tool. */
    readonly name: string;
  },
  HttpToolSource
>('registry', 'http-tool.resolve', { deadlineMs: 2_000 });
