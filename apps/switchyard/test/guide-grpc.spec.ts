import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import {
  type Gateway,
  type GrpcDouble,
  shopDescriptorSet,
  startGateway,
  startGrpcDouble,
  temporaryFolder,
} from '#libs/testing';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/grpc.md', import.meta.url), 'utf8');

const PROTO = fileURLToPath(new URL('../../../libs/testing/src/upstream/grpc/shop.proto', import.meta.url));

/** Each command of the guide with what it is said to answer. */
const steps = [...GUIDE.matchAll(/## (.+?)\n[^#]*?```sh\n([^]*?)```\n+```json\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({ title, command, answer: JSON.parse(answer) as object }),
);

describe('the guide to gRPC', () => {
  let gateway: Gateway;
  let server: GrpcDouble;
  const folder = temporaryFolder('grpc-guide');
  const descriptors = join(folder, 'shop.pb');

  beforeAll(async () => {
    server = await startGrpcDouble();
    writeFileSync(descriptors, shopDescriptorSet());
    gateway = await startGateway({ mode: 'embedded' });
  });
  afterAll(async () => {
    await gateway?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  it('the guide to gRPC has its six steps', () => {
    expect(steps.map(({ title }) => title.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', '5.', '6.']);
  });

  it.each(steps)('the guide to gRPC answers as it says in "$title"', async ({ command, answer }) => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    const { PATH = '' } = process.env;
    const env = {
      PATH,
      GATEWAY: gateway.url,
      TOKEN: gateway.adminToken,
      SERVER: server.url,
      DESCRIPTORS: descriptors,
      PROTO,
    };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', command], { env, timeout: 240_000 });
    expect(JSON.parse(stdout)).toMatchObject(answer);
  });

  it('the guide to gRPC leaves a gateway that shows the server its key', () => {
    expect(server.received[0]?.metadata).toMatchObject({ 'x-api-key': 'my-api-key' });
  });
});
