import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type NameConduct, type NameServer, startNameServer, temporaryFolder } from '#libs/testing';
import { NameResolver, NameTooSlow } from './name-resolver.js';

const started: NameServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const given = async (names: Record<string, NameConduct>, { hosts = '', resolvConf = '', ttlSeconds = 60 } = {}) => {
  const server = await startNameServer(names, { ttlSeconds });
  started.push(server);
  const folder = temporaryFolder('names');
  folders.push(folder);
  const files = { hosts: join(folder, 'hosts'), resolvConf: join(folder, 'resolv.conf') };
  writeFileSync(files.hosts, hosts);
  writeFileSync(files.resolvConf, resolvConf);
  return { server, resolver: new NameResolver({ servers: [server.address], files }) };
};
const times = (server: NameServer, question: string): number =>
  server.questions.filter((each) => each === question).length;

describe('NameResolver', () => {
  it('NameResolver answers for a healthy name when look-ups of thirty others hang', async () => {
    const sick = Array.from({ length: 30 }, (_, index) => `sick-${index}.test`);
    const { resolver, server } = await given({
      ...Object.fromEntries(sick.map((name) => [name, 'silent' as const])),
      'well.test': ['10.0.0.1'],
    });
    let settled = 0;
    const hanging = sick.map((name) =>
      resolver.resolve(name).catch((error: unknown) => {
        settled++;
        return error;
      }),
    );
    await Promise.all(sick.map((name) => server.asked(`${name} A`)));

    await expect(resolver.resolve('well.test')).resolves.toEqual([{ address: '10.0.0.1', family: 4 }]);

    expect(settled).toBe(0);
    for (const error of await Promise.all(hanging)) expect(error).toBeInstanceOf(NameTooSlow);
  });

  it('NameResolver asks once when many want one name, and not again while the answer is good', async () => {
    const { resolver, server } = await given({ 'busy.test': ['10.0.0.1', 'fd00::1'] });
    const both = [
      { address: '10.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ];

    const answers = await Promise.all(Array.from({ length: 50 }, () => resolver.resolve('busy.test')));
    answers.push(await resolver.resolve('busy.test'));

    for (const answer of answers) expect(answer).toEqual(both);
    expect(server.questions.toSorted()).toEqual(['busy.test A', 'busy.test AAAA']);
  });

  it('NameResolver asks again when the time to live of an answer is over', async () => {
    const { resolver, server } = await given({ 'moving.test': ['10.0.0.1'] }, { ttlSeconds: 0 });
    await resolver.resolve('moving.test');
    server.names.set('moving.test', ['10.0.0.2']);

    await expect
      .poll(() => resolver.resolve('moving.test'), { timeout: 60_000 })
      .toEqual([{ address: '10.0.0.2', family: 4 }]);
    expect(times(server, 'moving.test A')).toBe(2);
  });

  it('NameResolver keeps a failure for a moment when a name cannot be resolved', async () => {
    const { resolver, server } = await given({ 'broken.test': 'fails' });

    const errors = await Promise.all(
      ['broken.test', 'broken.test', 'missing.test', 'missing.test'].map((name) =>
        resolver.resolve(name).catch((error: unknown) => error),
      ),
    );

    expect(errors[0]).toMatchObject({ code: 'ESERVFAIL' });
    expect(errors[2]).toMatchObject({ message: 'no name server knows missing.test' });
    expect(errors[1]).toBe(errors[0]);
    expect(times(server, 'missing.test A')).toBe(1);
  });

  it('NameResolver does not wait for the other family when one has answered', async () => {
    const { resolver, server } = await given({ 'half.test': ['10.0.0.1'] });
    server.mute('half.test AAAA');

    await expect(resolver.resolve('half.test')).resolves.toEqual([{ address: '10.0.0.1', family: 4 }]);
  });

  it('NameResolver believes the hosts file when it has the name, and asks nobody for localhost', async () => {
    const hosts = '# ours\n10.1.1.1 Printer printer.lan # in the corner\nfd00::5 printer\nnonsense other\n';
    const { resolver, server } = await given({ printer: ['10.9.9.9'] }, { hosts });

    await expect(resolver.resolve('printer')).resolves.toEqual([
      { address: '10.1.1.1', family: 4 },
      { address: 'fd00::5', family: 6 },
    ]);
    await expect(resolver.resolve('printer.lan')).resolves.toHaveLength(1);
    for (const name of ['localhost', 'api.localhost', 'localhost.'])
      expect((await resolver.resolve(name)).map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
    expect(server.questions).toEqual([]);
  });

  it('NameResolver asks along the search list in the order of the system when a name is short', async () => {
    const resolvConf = 'search shop.svc.cluster.local svc.cluster.local\noptions timeout:1 ndots:2\n';
    const { resolver, server } = await given(
      { 'api.svc.cluster.local': ['10.0.0.1'], 'api.dev.svc.cluster.local': 'fails', 'api.dev': ['10.6.6.6'] },
      { resolvConf },
    );

    await expect(resolver.resolve('api')).resolves.toEqual([{ address: '10.0.0.1', family: 4 }]);
    expect(server.questions.filter((question) => question.endsWith(' A'))).toEqual([
      'api.shop.svc.cluster.local A',
      'api.svc.cluster.local A',
    ]);
    // A name server that cannot say whether a name of ours exists does not send us to a stranger's.
    await expect(resolver.resolve('api.dev')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(server.questions).not.toContain('api.dev A');
    await expect(resolver.resolve('api.dev.')).resolves.toEqual([{ address: '10.6.6.6', family: 4 }]);
  });
});
