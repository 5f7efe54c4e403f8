import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { renderPrometheus } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { showCertificates } from './show-certificates.js';

const folder = temporaryFolder('certificates');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const endsIn = (days: number): string =>
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=test',
      '-keyout',
      '/dev/null',
      '-days',
      String(days),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
const shown = async (): Promise<number[]> =>
  [
    ...(await renderPrometheus()).matchAll(
      /^switchyard_certificate_not_after_seconds\{setting="NATS_CA_PATH"\} (\d+)$/gm,
    ),
  ].map(([, seconds]) => Math.round((Number(seconds) - Date.now() / 1_000) / 86_400));

it('a certificate is shown with its end, the first of several, when its file is there, and anew when it was renewed', async () => {
  const file = join(folder, 'ca.pem');
  const end = showCertificates({ NATS_CA_PATH: file, NATS_CERT_PATH: null });
  expect(await shown()).toEqual([]);
  writeFileSync(file, `${endsIn(30)}\n${endsIn(10)}`);
  expect(await shown()).toEqual([10]);
  writeFileSync(file, endsIn(90));
  expect(await shown()).toEqual([90]);
  writeFileSync(file, 'no certificate');
  expect(await shown()).toEqual([]);
  await end();
});
