import { BlockList, isIP } from 'node:net';
import { fail } from '#libs/errors';
import type { PlatformConfig } from '../platform.config.js';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

type DoorConfig = Pick<PlatformConfig, 'HOST' | 'AUTH_REQUIRED' | 'ALLOW_PUBLIC_WITHOUT_AUTH'>;

/**
 * What the operator of an MCP endpoint without tokens is to be told at the start; null where tokens are required. Throws
 * `config.invalid` where others than this machine could reach it and the operator has not said that they may.
 */
export const openDoorWarning = ({ HOST, AUTH_REQUIRED, ALLOW_PUBLIC_WITHOUT_AUTH }: DoorConfig): string | null => {
  if (AUTH_REQUIRED) return null;
  if (isLoopback(HOST)) return 'every program on this machine may call what is public: AUTH_REQUIRED is false';
  if (!ALLOW_PUBLIC_WITHOUT_AUTH) {
    throw fail('config.invalid', {
      message:
        `AUTH_REQUIRED=false lets everybody who reaches ${HOST} call what is public. ` +
        'If that is meant, say ALLOW_PUBLIC_WITHOUT_AUTH=true; else set HOST=127.0.0.1',
    });
  }
  return 'everybody who reaches this address may call what is public: AUTH_REQUIRED is false';
};

/** Whether who listens there is reached from this machine alone. */
export const isLoopback = (host: string): boolean => {
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
};
