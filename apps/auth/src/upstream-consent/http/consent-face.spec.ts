import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import type { ClientAddress } from '#libs/identity';
import { type AdminGuard, type CallShares } from '#libs/identity';
import type { PlatformConfig, RawHandler, RawHttp } from '#libs/service';
import type { Logger } from '#libs/telemetry';
import type { AuthSettings } from '../../auth.settings.js';
import type { LoginService } from '../../login/login.service.js';
import type { AccountStatusRepository } from '../../policy/account-status.repository.js';
import type { ConsentService } from '../consent.service.js';
import { ConsentFace } from './consent-face.js';
import { ConsentVisits } from './consent-visits.js';

const LINK = `/oauth/authorize/${'a'.repeat(32)}`;

describe('ConsentFace', () => {
  it('ConsentFace takes a place for a form when all of it is here', async () => {
    const handlers: RawHandler[] = [];
    const takePlace = vi.fn(() => {
      throw new Error('that far');
    });
    const log = () => {};
    const face = new ConsentFace(
      {} as ConsentVisits,
      { mount: (handler: RawHandler) => handlers.push(handler), takePlace } as unknown as RawHttp,
      { publicUrl: null } as AuthSettings,
      { ALLOWED_HOSTS: [], ALLOWED_ORIGINS: [] } as unknown as PlatformConfig,
      { warn: log, error: log } as unknown as Logger,
    );
    face.onModuleInit();
    const form = new PassThrough();
    const request = Object.assign(form, { url: LINK, method: 'POST', headers: { host: 'localhost' } });
    const { promise: refused, resolve: destroy } = Promise.withResolvers<void>();
    handlers[0]?.(request as unknown as IncomingMessage, { headersSent: true, destroy } as unknown as ServerResponse);
    form.write('email=');
    await new Promise((resolve) => setImmediate(resolve));
    expect(takePlace).not.toHaveBeenCalled();
    form.end('a');
    await refused;
    expect(takePlace).toHaveBeenCalledOnce();
  });
});

describe('ConsentVisits', () => {
  const PRINCIPAL = { id: 'ann@example.com' };

  const given = (begin: () => unknown) => {
    const inUse = new Set<unknown>();
    const shares = {
      enter: (principal: unknown) => {
        inUse.add(principal);
        return principal;
      },
      leave: (taken: unknown) => void inUse.delete(taken),
    };
    const visits = new ConsentVisits(
      { begin } as unknown as ConsentService,
      {} as LoginService,
      {} as AccountStatusRepository,
      { admit: async () => PRINCIPAL } as unknown as AdminGuard,
      shares as unknown as CallShares,
      (() => '127.0.0.1') as unknown as ClientAddress,
    );
    const response = new Writable({ write: (_piece, _encoding, done) => done() });
    const visit = () =>
      visits.beginByToken({} as IncomingMessage, response as unknown as ServerResponse, 'a'.repeat(32));
    return { inUse, response, visit };
  };

  it('a consent that is begun has of the shares of its person when its answer has not left', async () => {
    const { inUse, response, visit } = given(() => inUse.size);
    expect(await visit()).toBe(1);
    response.end();
    await expect.poll(() => inUse.size).toBe(0);
  });

  it('the shares of a person are given back when they left before they were known', async () => {
    const { inUse, response, visit } = given(() => inUse.size);
    response.destroy();
    await new Promise((resolve) => response.once('close', resolve));
    expect(await visit()).toBe(1);
    await expect.poll(() => inUse.size).toBe(0);
  });
});
