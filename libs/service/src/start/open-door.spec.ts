import { describe, expect, it } from 'vitest';
import { openDoorWarning } from './open-door.js';

const door = (HOST: string, AUTH_REQUIRED: boolean, ALLOW_PUBLIC_WITHOUT_AUTH = false) =>
  openDoorWarning({ HOST, AUTH_REQUIRED, ALLOW_PUBLIC_WITHOUT_AUTH });

describe('an endpoint without tokens', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('openDoorWarning warns when it is reached at %s', (host) => {
    expect(door(host, false)).toContain('AUTH_REQUIRED is false');
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '192.0.2.1', 'gateway.example', '128.0.0.1'])(
    'openDoorWarning refuses the start when it is reached at %s and nobody said that it may be',
    (host) => {
      expect(() => door(host, false)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
      expect(door(host, false, true)).toContain('everybody who reaches this address');
      expect(door(host, true)).toBeNull();
    },
  );
});
