import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { assertAgree } from '../../rest/agreement.js';
import type { ListQuery } from '../../rest/list.query.js';
import { A2aBody } from '../../sources/a2a/a2a.body.js';
import { RegisterGatewayBody, UpdateGatewayBody } from '../gateway.body.js';
import { GatewayListService } from '../gateway-list.service.js';
import { GatewayService } from '../gateway.service.js';
import type { GatewayView } from '../gateway.view.js';
import { EntryReadingService } from '../own/entry-reading.service.js';
import { RegisterAgentBody, type UpdateAgentBody } from './agent.body.js';
import { AgentView } from './agent.view.js';

/** A2A agents by the routes of ContextForge: each is a gateway with one tool. Of other gateways they show nothing. */
@Injectable()
export class AgentService {
  constructor(
    private readonly gateways: GatewayService,
    private readonly lists: GatewayListService,
    private readonly entries: GatewayEntriesService,
    private readonly reading: EntryReadingService,
  ) {}

  /** Throws what registering a gateway does. */
  async register(outer: RegisterAgentBody, principal: Principal): Promise<AgentView> {
    if (outer.agent !== undefined) assertAgree(outer, outer.agent);
    const given = outer.agent === undefined ? outer : { ...definedOf(outer), ...definedOf(outer.agent) };
    const {
      agent: _agent,
      agentType: _type,
      endpointUrl,
      protocolVersion = null,
      ...rest
    } = given as RegisterAgentBody;
    const a2a = Object.assign(new A2aBody(), { endpoint: endpointUrl, protocolVersion });
    const asked = { ...definedOf(rest), transport: 'A2A', url: endpointUrl, a2a };
    return new AgentView(await this.gateways.register(Object.assign(new RegisterGatewayBody(), asked), principal));
  }

  list(query: ListQuery, principal: Principal) {
    return this.lists.list(query, principal, {
      transport: 'A2A',
      named: 'agents',
      shown: (view) => new AgentView(view),
    });
  }

  /** Throws `registry.unknown`, as all that follow, for what is no agent that the caller may see. */
  async describe(id: string, principal: Principal): Promise<AgentView> {
    return new AgentView(await this.find(id, principal));
  }

  /** Throws what changing a gateway does. */
  async update(id: string, body: UpdateAgentBody, principal: Principal): Promise<AgentView> {
    await this.find(id, principal);
    const { agentType: _type, endpointUrl, protocolVersion, ...rest } = body;
    const a2a = Object.assign(new A2aBody(), definedOf({ endpoint: endpointUrl, protocolVersion }));
    const isToldAnew = endpointUrl !== undefined || protocolVersion !== undefined;
    const asked = {
      ...definedOf(rest),
      ...(endpointUrl !== undefined && { url: endpointUrl }),
      ...(isToldAnew && { a2a }),
    };
    return new AgentView(await this.gateways.update(id, Object.assign(new UpdateGatewayBody(), asked), principal));
  }

  async remove(id: string, principal: Principal): Promise<string> {
    await this.find(id, principal);
    return (await this.gateways.remove(id, principal)).name;
  }

  async setEnabled(id: string, enabled: boolean, principal: Principal): Promise<AgentView> {
    await this.find(id, principal);
    return new AgentView(await this.gateways.setEnabled(id, enabled, principal));
  }

  /** The result of its tool. Throws `http.invalid` for what it does not take, and what the agent fails with. */
  async invoke(
    name: string,
    { query, ...others }: Readonly<Record<string, unknown>>,
    principal: Principal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const gateway = await this.gateways.findNamed(name, principal);
    const [tool] = gateway?.transport === 'A2A' ? await this.entries.findOf(gateway.id) : [];
    if (tool === undefined) throw fail('registry.unknown');
    const message = query === undefined ? {} : { message: query };
    return this.reading.callTool(tool.id, { ...message, ...others }, principal);
  }

  private async find(id: string, principal: Principal): Promise<GatewayView> {
    const view = await this.gateways.describe(id, principal);
    if (view.transport !== 'A2A') throw fail('registry.unknown');
    return view;
  }
}

const definedOf = (body: object): object =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
