import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { AccessScope } from '#contracts/registry/catalog';
import { acting } from '#libs/identity';
import { InjectDatabase } from '#libs/storage';
import { GatewayService } from '../../gateways/gateway.service.js';
import { canChange } from '../../rest/ownership.js';
import { ProgramLines } from './program-lines.js';
import type { GatewayStateView, GatewayTimelineView } from './timeline.view.js';

/** How a gateway was, since when and why, and what its program wrote last. */
@Injectable()
export class TimelineService {
  constructor(
    @InjectDatabase('registry') private readonly database: DataSource,
    private readonly gateways: GatewayService,
    private readonly lines: ProgramLines,
  ) {}

  /** Throws `registry.unknown`. Reasons and lines may name addresses and folders: they are for those who see the settings. */
  async describe(id: string, principal: Principal): Promise<GatewayTimelineView> {
    const gateway = await this.gateways.findViewable(id, principal);
    const states = await this.database.query<Required<GatewayStateView>[]>(
      'SELECT at, state, reason FROM registry.gateway_state WHERE gateway_id = $1 ORDER BY ordinal DESC',
      [id],
    );
    if (!maySeeWhy(principal, gateway)) return { states: states.map(({ at, state }) => ({ at, state })) };
    return { states, ...(gateway.transport === 'STDIO' && { program: this.lines.of(id) }) };
  }
}

/** Whoever may change it: what a program that several use writes may tell of the calls of others. */
const maySeeWhy = (principal: Principal, scope: AccessScope): boolean => {
  const actor = acting(principal, ['gateways.update']);
  return actor !== null && canChange(actor, scope);
};
