import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Reading, snapshotGauge } from '#libs/telemetry';
import type { PlatformConfig } from '../platform.config.js';

const SETTINGS = ['NATS_CA_PATH', 'NATS_CERT_PATH'] as const;

/** Each certificate of a PEM file begins with this. */
const BEGIN = /(?=-----BEGIN CERTIFICATE-----)/;

/**
 * Shows in the metrics of this process, until what it returns is called, when the certificates end that its settings name:
 * of a file with several, the first to end. They are read anew each time, for they are renewed under the same name.
 */
export const showCertificates = (config: Pick<PlatformConfig, (typeof SETTINGS)[number]>): (() => Promise<void>) => {
  const end = snapshotGauge(
    'switchyard_certificate_not_after_seconds',
    'When a certificate ends, in seconds since the epoch, by the setting that names it.',
    () =>
      SETTINGS.flatMap((setting): Reading[] => {
        const endsAt = endOf(config[setting]);
        return endsAt === null ? [] : [{ labels: { setting }, value: endsAt }];
      }),
  );
  return async () => end();
};

/** In seconds; null for a file that is not named or not readable now. */
const endOf = (path: string | null): number | null => {
  if (path === null) return null;
  try {
    const certificates = readFileSync(path, 'utf8')
      .split(BEGIN)
      .filter((text) => text.startsWith('-----BEGIN'));
    const ends = certificates.map((text) => Date.parse(new X509Certificate(text).validTo) / 1_000);
    return ends.length === 0 ? null : Math.min(...ends);
  } catch {
    return null;
  }
};
