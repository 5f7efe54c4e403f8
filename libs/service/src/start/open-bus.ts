import { type Bus, connectNats, LocalBus, type NatsOptions, type SkewedClock } from '#libs/bus';
import { readSettingFile, readTlsFiles } from '#libs/config';
import { fail } from '#libs/errors';
import type { PlatformConfig } from '../platform.config.js';
import { retryWithBackoff } from './stores/retry-with-backoff.js';
import type { StartContext } from './stores/open-stores.js';

/** The bus: NATS where it is named, else the one inside this process. */
export const openBus = async (context: StartContext, services: readonly string[]): Promise<Bus> => {
  const { config, readiness, logger } = context;
  const name = services.length === 1 ? (services[0] ?? 'switchyard') : 'switchyard';
  const bus =
    config.NATS_URL === null ? new LocalBus({ logger }).join(name) : await awaitNats(context, name, config.NATS_URL);
  readiness.add('bus', () => (bus.connected ? null : 'disconnected'));
  readiness.addWarning('clock', () => describeClocks(bus.skewedClocks));
  return bus;
};

/** By service, not by instance: `/ready` is open to everybody. */
const describeClocks = (clocks: readonly SkewedClock[]): string | null => {
  if (clocks.length === 0) return null;
  const each = clocks.map(({ service, aheadMs }) => {
    const seconds = Math.round(Math.abs(aheadMs) / 1_000);
    return `the clock of ${service} is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this one`;
  });
  return [...new Set(each)].join('; ');
};

const awaitNats = (context: StartContext, name: string, urls: string): Promise<Bus> => {
  const { config, logger, signal, onFatal } = context;
  const options: NatsOptions = {
    ...locateNats(urls, config),
    name,
    logger,
    signal,
    maxRetries: 0,
    onClosed: (error) =>
      onFatal(`the connection to NATS is closed for good${error === undefined ? '' : `: ${error.message}`}`),
  };
  return retryWithBackoff(
    { what: 'NATS', attemptsMax: config.NATS_MAX_RETRIES, intervalMs: config.NATS_RETRY_INTERVAL_MS, signal, logger },
    () => connectNats(options),
  );
};

type NatsFiles = Pick<PlatformConfig, 'NATS_CA_PATH' | 'NATS_CERT_PATH' | 'NATS_KEY_PATH' | 'NATS_CREDS_PATH'>;

/**
 * The client wants hosts and credentials apart. A user without a password is a token, as in the `nats` command. Throws
 * `config.invalid` for files that cannot be read, or that contradict the URL.
 */
export const locateNats = (
  urls: string,
  { NATS_CA_PATH, NATS_CERT_PATH, NATS_KEY_PATH, NATS_CREDS_PATH }: NatsFiles,
): Pick<NatsOptions, 'servers' | 'credentials' | 'tls'> => {
  const all = urls.split(',').map((text) => new URL(text.trim()));
  const servers = all.map(({ hostname, port }) => `${hostname}:${port || '4222'}`);
  const isEncrypted = all[0]?.protocol === 'tls:';
  if (all.some(({ protocol }) => (protocol === 'tls:') !== isEncrypted))
    throw fail('config.invalid', { message: 'NATS_URL: either all servers are tls:, or none is' });
  const paths = {
    ca: ['NATS_CA_PATH', NATS_CA_PATH],
    cert: ['NATS_CERT_PATH', NATS_CERT_PATH],
    key: ['NATS_KEY_PATH', NATS_KEY_PATH],
  } as const;
  const tls = readTlsFiles(paths, isEncrypted);
  const user = decodeURIComponent(all[0]?.username ?? '');
  const password = decodeURIComponent(all[0]?.password ?? '');
  if (user !== '' && NATS_CREDS_PATH !== null)
    throw fail('config.invalid', { message: 'NATS_CREDS_PATH stands for the user in NATS_URL: give one of them' });
  const at = { servers, ...(isEncrypted && { tls }) };
  if (NATS_CREDS_PATH !== null)
    return { ...at, credentials: { creds: readSettingFile('NATS_CREDS_PATH', NATS_CREDS_PATH) } };
  if (user === '') return at;
  return { ...at, credentials: password === '' ? { token: user } : { user, password } };
};
