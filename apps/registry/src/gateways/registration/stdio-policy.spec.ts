import { describe, expect, it } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import { parseConfig } from '#libs/config';
import { platformOptions } from '#libs/service';
import { registryOptions } from '../../registry.config.js';
import { StdioPolicy } from './stdio-policy.service.js';

const ADMIN: Principal = {
  id: 'a@example.com',
  kind: 'user',
  isAdmin: true,
  teams: null,
  permissions: ['*'],
  serverId: null,
  tokenId: null,
};

const policyOf = (env: Readonly<Record<string, string | undefined>>): StdioPolicy =>
  new StdioPolicy(parseConfig(registryOptions, env), parseConfig(platformOptions, env));

const NATS = { NATS_URL: 'nats://127.0.0.1:4222' };

describe('STDIO gateways', () => {
  it.each([{}, { ...NATS, MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true' }])('are allowed with %j', (env) => {
    expect(() => policyOf(env).mustAllow(ADMIN)).not.toThrow();
  });

  it.each([NATS, { MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'off' }])('are not allowed with %j', (env) => {
    expect(() => policyOf(env).mustAllow(ADMIN)).toThrow(expect.objectContaining({ code: 'upstream.refused' }));
  });

  it.each([{ isAdmin: false }, { teams: [] }])('are not for %j', (less) => {
    expect(() => policyOf({}).mustAllow({ ...ADMIN, ...less })).toThrow(
      expect.objectContaining({ code: 'auth.grant_missing' }),
    );
  });
});
