import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Principal } from '#contracts/auth/principal';
import { DescribeUse } from '#contracts/tool-invocation/describe-use.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { CallShares, acting, canView } from '#libs/identity';
import { memberText } from '#libs/mcp';
import { type Check, compileForeignCheck } from '#libs/openapi';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { METHOD_PERMISSIONS } from '../admission/index.js';
import { type FoundTool, Router, type SearchTool } from '../routing/index.js';
import { ToolPreviewView, type Warning } from './preview.view.js';

const CHECKS_MAX = 256;
const NO_ARGUMENTS_SCHEMA = '{"type":"object"}';

interface Wanted {
  readonly name: string;
  readonly serverId: string | null;
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * Goes the way of a call up to where it would be handed on, by the same look-ups, so that the two cannot disagree about
 * what is there and for whom. Nothing is sent to an upstream.
 */
@Injectable()
export class PreviewService {
  /** By the text of the schema; `null` where there is none to be had. */
  private readonly checks = new LRUCache<string, { readonly check: Check | null }>({ max: CHECKS_MAX });

  constructor(
    private readonly router: Router,
    private readonly shares: CallShares,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Throws `registry.unknown` for a tool or virtual server that is not there, or not for this caller to see. */
  async preview(wanted: Wanted, principal: Principal): Promise<ToolPreviewView> {
    const { name, serverId, args } = wanted;
    const searching = await this.router.findSearchTool(name, principal, serverId);
    return searching === null
      ? this.previewTool(wanted, principal)
      : this.previewSearch(searching, { serverId, args }, principal);
  }

  /** A call of `call_tool` is the call that is in it; the other tools of a search are answered here. */
  private previewSearch(
    { tool, timeoutMs }: SearchTool,
    { serverId, args }: Omit<Wanted, 'name'>,
    principal: Principal,
  ): Promise<ToolPreviewView> | ToolPreviewView {
    const problem = this.problemWith(tool, args);
    const { name, arguments: inner = {} } = args;
    if (problem === null && tool.name === 'call_tool' && typeof name === 'string')
      return this.previewTool({ name, serverId, args: inner as Wanted['args'] }, principal);
    const isAllowed = acting(principal, [METHOD_PERMISSIONS['tools/call']]) !== null;
    const warnings = [...(problem === null ? [] : [problem]), ...(isAllowed ? [] : [NOT_ALLOWED])];
    return new ToolPreviewView({
      tool,
      timeoutMs,
      upstream: null,
      args,
      isValid: problem === null,
      isAllowed,
      warnings,
    });
  }

  private async previewTool({ name, serverId, args }: Wanted, principal: Principal): Promise<ToolPreviewView> {
    const found = await this.router.findTool(name, principal, serverId);
    if (found === null) throw fail('registry.unknown', { message: `Unknown tool: ${name.slice(0, 128)}` });
    const problem = this.problemWith(found.tool, args);
    const caller = acting(principal, [METHOD_PERMISSIONS['tools/call']]);
    const isAllowed = caller !== null && canView(caller, found.tool);
    const warnings: Warning[] = [
      ...(problem === null ? [] : [problem]),
      ...(isAllowed ? [] : [NOT_ALLOWED]),
      ...this.limited(found),
      ...(await this.atUpstream(found.tool.upstreamId)),
    ];
    return new ToolPreviewView({ ...found, args, isValid: problem === null, isAllowed, warnings });
  }

  private problemWith(tool: FoundTool['tool'], args: Wanted['args']): Warning | null {
    const schema = memberText(tool.definition, 'inputSchema') ?? NO_ARGUMENTS_SCHEMA;
    let known = this.checks.get(schema);
    if (known === undefined) {
      known = { check: compileForeignCheck(schema) };
      this.checks.set(schema, known);
    }
    if (known.check === null)
      return { code: 'schema_not_checked', message: 'The input schema cannot be checked here; the upstream checks it' };
    const problem = known.check(args);
    return problem === null ? null : { code: 'invalid_arguments', message: problem };
  }

  /** Whether the tool has its share in use by others now. That of the caller holds for this request as well. */
  private limited({ tool }: FoundTool): Warning[] {
    const refusal = this.shares.toolRefusal(tool.upstreamId, tool.upstreamName);
    return refusal === null ? [] : [{ code: 'rate_limited', message: refusal.message }];
  }

  private async atUpstream(upstreamId: string): Promise<Warning[]> {
    try {
      const { head } = await this.bus.ask(DescribeUse, { upstreamId });
      if (head.breakerOpen)
        return [{ code: 'upstream_left_alone', message: 'The upstream has failed repeatedly and is being left alone' }];
      return head.waiting > 0
        ? [{ code: 'upstream_busy', message: `${head.waiting} calls wait for a place at the upstream` }]
        : [];
    } catch (error) {
      this.logger.warn({ err: error, upstreamId }, 'a preview could not ask how an upstream is');
      return [{ code: 'upstream_not_asked', message: 'How the upstream is could not be asked now' }];
    }
  }
}

const NOT_ALLOWED: Warning = {
  code: 'not_allowed',
  message: `A call needs the permission ${METHOD_PERMISSIONS['tools/call']}`,
};
