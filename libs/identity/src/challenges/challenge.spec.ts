import { describe, expect, it } from 'vitest';
import { challengeFor } from './challenge.js';

describe('challengeFor', () => {
  it('challengeFor names no error when no token was sent', () => {
    expect(challengeFor({ code: 'auth.credential_missing' })).toBe('Bearer');
    expect(challengeFor({ code: 'auth.credential_missing' }, { resourceMetadata: 'https://x/.well-known/y' })).toBe(
      'Bearer resource_metadata="https://x/.well-known/y"',
    );
  });

  it('challengeFor says what is wrong with a token, and what an operation needs', () => {
    expect(challengeFor({ code: 'auth.credential_invalid' }, { resourceMetadata: 'https://x/y' })).toBe(
      'Bearer error="invalid_token", resource_metadata="https://x/y"',
    );
    expect(challengeFor({ code: 'auth.grant_missing' }, { scope: 'tools.read tools.execute' })).toBe(
      'Bearer error="insufficient_scope", scope="tools.read tools.execute"',
    );
  });

  it('challengeFor is none for a missing permission when no scope would give it', () => {
    expect(challengeFor({ code: 'auth.grant_missing' }, { resourceMetadata: 'https://x/y' })).toBeNull();
  });

  it('challengeFor lets nobody write headers of their own', () => {
    expect(challengeFor({ code: 'auth.credential_missing' }, { resourceMetadata: 'a"b\\c\r\nSet-Cookie: d' })).toBe(
      'Bearer resource_metadata="a\\"b\\\\cSet-Cookie: d"',
    );
  });

  it('challengeFor is none for other failures', () => {
    expect(challengeFor({ code: 'auth.unavailable' })).toBeNull();
  });
});
