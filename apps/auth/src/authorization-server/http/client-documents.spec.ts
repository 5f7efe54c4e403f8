import { describe, expect, it } from 'vitest';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import { documentFetch } from './client-documents.js';

const ID = 'https://app.example/client.json';
const busOf = (answer: () => unknown): Bus =>
  ({ ask: async () => ({ body: Buffer.from(JSON.stringify(answer())) }) }) as unknown as Bus;

describe('documents of clients', () => {
  it('a document comes as it is meant', async () => {
    const fetch = documentFetch(busOf(() => ({ client_id: ID, client_name: 'App', scope: 'everything' })));
    const document = (await (await fetch(ID)).json()) as object;
    expect(document).toMatchObject({ client_id: ID, client_name: 'App', response_types: ['code'] });
    expect(document).not.toHaveProperty('scope');
  });

  it('keys come as they are', async () => {
    const keys = { keys: [{ kty: 'OKP' }] };
    expect(await (await documentFetch(busOf(() => keys))('https://app.example/keys')).json()).toEqual(keys);
  });

  it('nothing comes from where the egress policy forbids to ask', async () => {
    const forbidden = busOf(() => {
      throw fail('upstream.refused');
    });
    await expect(documentFetch(forbidden)('https://10.0.0.1/client.json')).rejects.toMatchObject({
      code: 'upstream.refused',
    });
  });
});
