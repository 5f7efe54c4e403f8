import { type Gateway, type GatewayOptions, type ScriptUpstream, startGateway } from '#libs/testing';
import type { Endpoint } from './isolation/endpoint-client.js';

export interface GivenScriptUpstreams {
  readonly gateway: Gateway;
  /** Everything, for one user who is no administrator. */
  readonly at: Endpoint;
  stop(): Promise<void>;
}

/** A gateway with the same server over each transport, by whose name in small letters its tools begin. */
export const givenScriptUpstreams = async <Kind extends ScriptUpstream['transport']>(
  options: GatewayOptions,
  transports: readonly Kind[],
  start: (transport: Kind) => Promise<ScriptUpstream>,
): Promise<GivenScriptUpstreams> => {
  const upstreams = await Promise.all(transports.map((transport) => start(transport)));
  const stopUpstreams = (): Promise<unknown> => Promise.all(upstreams.map(({ stop }) => stop()));
  try {
    const env = { REQUIRE_USER_IN_DB: 'false', STDIO_PROCESSES_MAX: '100' };
    const gateway = await startGateway({ ...options, env });
    for (const { stop: _, ...registered } of upstreams)
      await gateway.admin.register({ name: registered.transport.toLowerCase(), ...registered });
    const at = { url: `${gateway.url}/mcp`, token: await gateway.tokenFor({ email: 'ada@example.com' }) };
    return {
      gateway,
      at,
      stop: async () => {
        await gateway.stop();
        await stopUpstreams();
      },
    };
  } catch (error) {
    await stopUpstreams();
    throw error;
  }
};
