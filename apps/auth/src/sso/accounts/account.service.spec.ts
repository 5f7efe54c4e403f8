import { describe, expect, it } from 'vitest';
import { describedProvider } from '../providers/sso-provider.js';
import { AccountService } from './account.service.js';

const ISSUER = 'https://idp.example.org';
const OTHER_ISSUER = 'https://acme.okta.com';
const EMAIL = 'ann@example.org';

interface Given {
  readonly authProvider?: string;
  readonly linksAccounts?: boolean;
  /** Of the account: the issuers that know it, by another subject than the one who signs in. */
  readonly knownTo?: readonly string[];
  readonly providers?: number;
}

/** Somebody whose subject is new signs in with the address of an account that is here. */
const signIn = async ({ authProvider = 'local', linksAccounts = false, knownTo = [], providers = 1 }: Given) => {
  const rows = knownTo.map((issuer) => ({ issuer, subject: 'before', userEmail: EMAIL }));
  const identities = {
    find: async (issuer: string, subject: string) =>
      rows.find((row) => row.issuer === issuer && row.subject === subject) ?? null,
    isKnown: async (_email: string, issuer?: string) =>
      rows.some((row) => issuer === undefined || row.issuer === issuer),
    add: async (issuer: string, subject: string, userEmail: string) => rows.push({ issuer, subject, userEmail }) > 0,
  };
  const provider = describedProvider({
    id: 'company',
    preset: 'oidc',
    issuer: ISSUER,
    clientId: 'gateway',
    domains: ['example.org'],
    linksAccounts,
  });
  const accounts = new AccountService(
    identities as never,
    { offered: async () => Array(providers).fill(provider) } as never,
    { find: async () => ({ email: EMAIL, isActive: true, authProvider }) } as never,
    { give: async () => {} } as never,
    { info: () => {} } as never,
  );
  const person = { issuer: ISSUER, subject: 'new', session: null, email: EMAIL, fullName: null, claims: {} };
  return (await accounts.of(provider, person)).email;
};

describe('AccountService', () => {
  it.each<[string, Given]>([
    ['of the provider', { authProvider: 'company' }],
    ['of its issuer', { authProvider: ISSUER }],
    ['of the directory and there is one provider alone', { authProvider: 'scim' }],
    ['of the directory and the provider links accounts', { authProvider: 'scim', linksAccounts: true, providers: 2 }],
    ['of somebody else and the provider links accounts', { linksAccounts: true, knownTo: [OTHER_ISSUER] }],
  ])('AccountService links an account when it is %s', async (_what, given) => {
    await expect(signIn(given)).resolves.toBe(EMAIL);
  });

  it.each<[string, Given, string]>([
    ['of somebody else', {}, 'not linked'],
    ['of the directory and there are several providers', { authProvider: 'scim', providers: 2 }, 'not linked'],
    ['of the directory and another issuer knows it', { authProvider: 'scim', knownTo: [OTHER_ISSUER] }, 'not linked'],
    ['of the provider and of another subject', { authProvider: 'company', knownTo: [ISSUER] }, 'another identity'],
    [
      'of another subject though the provider links accounts',
      { linksAccounts: true, knownTo: [ISSUER] },
      'another identity',
    ],
  ])('AccountService refuses to link an account when it is %s', async (_what, given, why) => {
    await expect(signIn(given)).rejects.toThrow(why);
  });
});
