import { describe, expect, it } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import { parseConfig } from '#libs/config';
import { platformOptions } from '#libs/service';
import { registryOptions } from '../../registry.config.js';
import { registrySettings } from '../../registry.settings.js';
import { StdioPolicyService } from './stdio-policy.service.js';

const ADMIN: Principal = {
  id: 'a@example.com',
  kind: 'user',
  isAdmin: true,
  teams: null,
  permissions: ['*'],
  serverId: null,
  tokenId: null,
};

const policyOf = (env: Readonly<Record<string, string | undefined>>): StdioPolicyService =>
  new StdioPolicyService(registrySettings(parseConfig(registryOptions, env)), parseConfig(platformOptions, env));

const NATS = { NATS_URL: 'nats://127.0.0.1:4222' };

describe('STDIO gateways', () => {
  it.each([
    {},
    { MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'auto' },
    { ...NATS, MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true' },
  ])('StdioPolicyService allows an administrator a STDIO gateway when the environment is %j', (env) => {
    expect(() => policyOf(env).assertAllowed(ADMIN)).not.toThrow();
  });

  it.each([
    NATS,
    { ...NATS, MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'auto' },
    { MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'off' },
  ])('StdioPolicyService refuses a STDIO gateway when the environment is %j', (env) => {
    expect(() => policyOf(env).assertAllowed(ADMIN)).toThrow(expect.objectContaining({ code: 'upstream.refused' }));
  });

  it.each([{ isAdmin: false }, { teams: [] }])(
    'StdioPolicyService refuses a STDIO gateway when the caller is %j',
    (less) => {
      expect(() => policyOf({}).assertAllowed({ ...ADMIN, ...less })).toThrow(
        expect.objectContaining({ code: 'auth.grant_missing' }),
      );
    },
  );
});
