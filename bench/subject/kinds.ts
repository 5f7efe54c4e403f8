import type { Gateway, RegisteredGateway } from '#libs/testing';
import type { Mode } from '../choices.js';
import { kindOf } from '../report/ratios.js';
import type { Work } from '../scenario.js';
import { type Subject, startGatewaySubject, startScriptSubject } from './subject.js';

/** One gateway, seen as what one kind of its tools costs. */
export interface KindSubject {
  readonly subject: Subject;
  readonly work: Work;
}

const PROTO = `syntax = "proto3";
package bench;
message Text { string text = 1; }
service Bench {
  // Answers with the text it is given.
  rpc grpc(Text) returns (Text);
}`;

/** A gateway with a tool of an MCP server, one of an HTTP API and one of a gRPC server; each of these does nothing but answer. */
export const startKinds = async (
  mode: Mode,
  upstream: Subject,
): Promise<{ kinds: readonly KindSubject[]; stop(): Promise<void> }> => {
  const rest = await startScriptSubject('./rest.main.js');
  const grpc = await startScriptSubject('./grpc.main.js');
  const stopBoth = async (): Promise<void> => void (await Promise.all([rest.stop(), grpc.stop()]));
  const register = ({ admin }: Gateway): Promise<RegisteredGateway[]> =>
    Promise.all([
      admin.register({
        name: 'rest',
        transport: 'OPENAPI',
        openapi: { documentUrl: `${rest.url}/openapi`, serverUrl: rest.url },
        toolPrefix: '',
        toolNameStyle: 'exact',
      }),
      admin.register({
        name: 'grpc',
        transport: 'GRPC',
        url: grpc.url,
        grpc: { protoFiles: [{ name: 'bench.proto', content: PROTO }] },
        toolPrefix: '',
        toolNameStyle: 'exact',
      }),
    ]);
  try {
    const subject = await startGatewaySubject({ mode, register }, upstream);
    const kinds: KindSubject[] = [
      { subject, work: 'echo' },
      { subject: { ...subject, name: kindOf(mode, 'REST') }, work: 'rest' },
      { subject: { ...subject, name: kindOf(mode, 'gRPC'), toolPrefix: 'Bench_' }, work: 'grpc' },
    ];
    const stop = async (): Promise<void> => {
      await subject.stop();
      await stopBoth();
    };
    return { kinds, stop };
  } catch (error) {
    await stopBoth();
    throw error;
  }
};
