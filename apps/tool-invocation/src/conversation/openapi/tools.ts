import { LRUCache } from 'lru-cache';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import { type Check, compileCheck, type HttpBinding } from '#libs/openapi';

/** A tool that is ready to be called. */
export interface HttpTool {
  readonly binding: HttpBinding;
  readonly check: Check;
  /** jq, for what comes back. */
  readonly filter: string | undefined;
}

const TOOLS_MAX = 500;

/** The tools of one HTTP API that were called of late, their schemas compiled. */
export class HttpTools {
  private readonly ready = new LRUCache<string, HttpTool>({ max: TOOLS_MAX });

  /** `resolve`: rejects with `registry.tool_unknown` or `registry.unavailable`. */
  constructor(private readonly resolve: (name: string) => Promise<HttpToolSource>) {}

  find(name: string): HttpTool | Promise<HttpTool> {
    return this.ready.get(name) ?? this.make(name);
  }

  private async make(name: string): Promise<HttpTool> {
    const { binding, argumentsSchema, filter } = await this.resolve(name);
    const tool = { binding, check: compileCheck(argumentsSchema), filter };
    this.ready.set(name, tool);
    return tool;
  }
}
