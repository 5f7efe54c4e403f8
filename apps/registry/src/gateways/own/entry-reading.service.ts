import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { type CallMethod, ExecuteCall } from '#contracts/tool-invocation/execute-call.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { MODERN_REVISION } from '#libs/mcp';
import type { EntryWithGateway } from '../../entries/entry.entity.js';
import { EntryService } from '../../entries/entry.service.js';
import { GatewayService } from '../gateway.service.js';
import { sessionScopeOf } from '../profile.js';

type Json = Readonly<Record<string, unknown>>;

/** Fills prompts, reads resources and asks agents for REST, by the same calls as clients of MCP make: within limits, and recorded. */
@Injectable()
export class EntryReadingService {
  constructor(
    private readonly entries: EntryService,
    private readonly gateways: GatewayService,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** The messages of a prompt. Throws `registry.unknown`, `http.invalid` for arguments it does not take, and what the upstream fails with. */
  async render(id: string, args: Json, principal: Principal): Promise<Json> {
    const entry = await this.entries.findUsable(['prompt'], id, principal);
    const params = { name: entry.originalName, arguments: args };
    return this.call(entry, 'prompts/get', params, principal);
  }

  /** What a resource holds, as ContextForge shows it. Throws as `render` does. */
  async read(id: string, principal: Principal): Promise<Json> {
    const entry = await this.entries.findUsable(['resource', 'template'], id, principal);
    const { originalName: uri } = entry;
    if (entry.kind === 'template')
      throw fail('http.invalid', { message: 'A template is read by a URI that fits it, over MCP' });
    const { contents } = await this.call(entry, 'resources/read', { uri }, principal);
    const [first = {}, ...others] = contents as Json[];
    const { mimeType: mime_type = null, text = null, blob = null } = first;
    const content = { type: 'resource', id, uri: first['uri'] ?? uri, mime_type, text, blob };
    return others.length === 0 ? content : { ...content, contents };
  }

  /** What a tool answers. Throws as `render` does. */
  async callTool(id: string, args: Json, principal: Principal): Promise<Json> {
    const entry = await this.entries.findUsable(['tool'], id, principal);
    return this.call(entry, 'tools/call', { name: entry.originalName, arguments: args }, principal);
  }

  private async call(entry: EntryWithGateway, method: CallMethod, params: Json, principal: Principal): Promise<Json> {
    const { originalName: target, gatewayId: upstreamId } = entry;
    const isShared = sessionScopeOf(await this.gateways.findEnabled(upstreamId)) === 'shared';
    const { head, body } = await this.bus.ask(
      ExecuteCall,
      {
        callId: randomUUID(),
        method,
        upstreamId,
        target,
        exposedName: entry.exposedName ?? target,
        serverId: null,
        principal: { id: principal.id, tokenId: principal.tokenId },
        client: { info: null, capabilities: {}, revision: MODERN_REVISION },
        wantsProgress: false,
        headerParams: [],
        ...(!isShared && { dedicatedSession: { key: `principal ${principal.id}`, renewable: true } }),
        receivedAtMs: Date.now(),
      },
      { body: JSON.stringify(params) },
    );
    if (head.kind === 'error') throw fail('http.invalid', { message: head.error.message });
    if (head.kind !== 'result')
      throw fail('upstream.invalid_answer', { message: 'The upstream wants more than REST can give' });
    return JSON.parse(body?.toString() ?? '{}') as Json;
  }
}
