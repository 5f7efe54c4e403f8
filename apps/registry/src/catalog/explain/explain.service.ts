import { Injectable } from '@nestjs/common';
import { DescribeUser } from '#contracts/auth/describe-user.request';
import type { Principal } from '#contracts/auth/principal';
import type { AccessScope, Catalog } from '#contracts/registry/catalog';
import { type Bus, InjectBus } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { canSee, holds } from '#libs/identity';
import { CatalogService } from '../catalog.service.js';
import type { ExplainQuery } from './explain.query.js';
import { type Verdict, verdictOn } from './verdict.js';

/** Whether somebody may call a tool, and what decides it: of oneself, or for administrators of anybody. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly catalogs: CatalogService,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** Throws `auth.grant_missing` where the caller asks of somebody else and is no administrator of users. */
  async explain(caller: Principal, { user, server, tool }: ExplainQuery): Promise<Verdict> {
    const name = user.toLowerCase();
    if (name !== caller.id && !holds(caller, 'admin.user_management'))
      throw fail('auth.grant_missing', { message: 'Only an administrator asks what others may do' });
    const { head } = await this.bus.ask(DescribeUser, { email: name });
    const catalog = await this.catalog(server ?? null);
    const found = catalog?.tools.find((one) => one.name === tool) ?? null;
    return verdictOn({
      name,
      user: head.user,
      server: shownTo(caller, catalog?.server ?? null),
      tool: shownTo(caller, found),
    });
  }

  private async catalog(serverId: string | null): Promise<Catalog | null> {
    try {
      // Without a revision to go on from, the answer is the whole.
      return (await this.catalogs.describe({ serverId })) as Catalog;
    } catch (thrown) {
      if (toGatewayError(thrown).code === 'registry.server_unknown') return null;
      throw thrown;
    }
  }
}

/** What the caller may not see is not there for them here either. */
const shownTo = <Scope extends AccessScope>(caller: Principal, scope: Scope | null): Scope | null =>
  scope !== null && canSee(caller, scope) ? scope : null;
