import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { GreetUpstream } from '#contracts/tool-invocation/greet-upstream.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { canView } from '#libs/identity';
import type { EntryGatewayEntity, EntryWithGateway } from '../../entries/entry.entity.js';
import { canChange } from '../../rest/ownership.js';
import { ServerService } from '../server.service.js';
import { type HandshakeOutcome, ServerHandshakeView } from './server-handshake.view.js';

/** Upstreams that are greeted at the same time, and those of one test. */
const AT_ONCE = 16;
const UPSTREAMS_MAX = 64;

/** Tells whether clients of a virtual server find its upstreams at home. */
@Injectable()
export class ServerHandshakeService {
  constructor(
    private readonly servers: ServerService,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** Throws `registry.unknown`, and `http.invalid` for a virtual server of too many upstreams. */
  async test(id: string, principal: Principal): Promise<ServerHandshakeView> {
    const { server, chosen } = await this.servers.readChosen(id, principal);
    const seen = chosen.filter(({ gateway }) => canView(principal, gateway));
    const upstreams = [...new Map(seen.map(({ gateway }) => [gateway.id, gateway])).values()];
    if (upstreams.length > UPSTREAMS_MAX)
      throw fail('http.invalid', {
        message: `It has ${upstreams.length} upstreams; a test has at most ${UPSTREAMS_MAX}`,
      });
    const outcomes: HandshakeOutcome[] = [];
    for (let from = 0; from < upstreams.length; from += AT_ONCE) {
      const greeted = upstreams.slice(from, from + AT_ONCE).map((gateway) => this.greet(gateway, principal));
      outcomes.push(...(await Promise.all(greeted)));
    }
    return new ServerHandshakeView(server, outcomes, seen.filter(isShown));
  }

  private async greet(gateway: EntryGatewayEntity, principal: Principal): Promise<HandshakeOutcome> {
    if (!gateway.enabled) return { gateway, elapsedMs: 0, failure: null, answer: null };
    const startedAtMs = performance.now();
    try {
      const { head } = await this.bus.ask(GreetUpstream, { upstreamId: gateway.id });
      return { gateway, elapsedMs: head.greeting.elapsedMs, failure: null, answer: head };
    } catch (error) {
      const { code, message } = toGatewayError(error);
      // The reason may name addresses and programs, which are for whoever runs the upstream.
      const told = canChange(principal, gateway) ? message : fail(code).message;
      const elapsedMs = Math.round(performance.now() - startedAtMs);
      return { gateway, elapsedMs, failure: { code, message: told }, answer: null };
    }
  }
}

const isShown = ({ enabled, gateway }: EntryWithGateway): boolean => enabled && gateway.enabled;
