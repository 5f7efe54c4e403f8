import { describe, expect, it } from 'vitest';
import { CardRefused, readAgentCard } from './agent-card.js';

const read = (card: object) => readAgentCard(JSON.stringify({ name: 'Baker', ...card }));
const jsonRpc = (url: string, protocolVersion: string) => ({ url, protocolBinding: 'JSONRPC', protocolVersion });

describe('readAgentCard', () => {
  it('readAgentCard finds the newest version first when a card has both', () => {
    const { interfaces } = read({
      supportedInterfaces: [
        jsonRpc('https://a.example/old', '0.3'),
        { ...jsonRpc('https://a.example/new', '1.0'), tenant: 'north' },
        { url: 'https://a.example/grpc', protocolBinding: 'GRPC', protocolVersion: '1.0' },
      ],
      url: 'https://a.example/top',
      protocolVersion: '0.3.0',
    });
    expect(interfaces).toEqual([
      { url: 'https://a.example/new', version: '1.0', tenant: 'north' },
      { url: 'https://a.example/old', version: '0.3' },
      { url: 'https://a.example/top', version: '0.3' },
    ]);
  });

  it('readAgentCard finds an interface beside the preferred one when that is no JSON-RPC', () => {
    const { interfaces } = read({
      url: 'https://a.example/grpc',
      preferredTransport: 'GRPC',
      protocolVersion: '0.3.0',
      additionalInterfaces: [{ url: 'https://a.example/rpc', transport: 'JSONRPC' }],
    });
    expect(interfaces).toEqual([{ url: 'https://a.example/rpc', version: '0.3' }]);
  });

  it.each([
    ['', 'is no JSON object'],
    ['[]', 'is no JSON object'],
    [`{"name":"x","deep":${'['.repeat(100)}${']'.repeat(100)}}`, 'nests too deep'],
    ['{"url":"https://a.example"}', 'has no name'],
    ['{"name":"x"}', 'its card has no address'],
    ['{"name":"x","url":"not a url"}', 'its card has JSONRPC 0.3'],
    ['{"name":"x","url":"https://a.example","protocolVersion":"2.0"}', 'its card has JSONRPC 2.0'],
    ['{"name":"x","url":"https://a.example","preferredTransport":"GRPC"}', 'its card has GRPC 0.3'],
    ['{"name":"x","supportedInterfaces":{"url":"https://a.example"}}', 'no address'],
  ])('readAgentCard refuses what is no card of an agent that can be spoken to: %s', (text, reason) => {
    expect(() => readAgentCard(text)).toThrow(CardRefused);
    expect(() => readAgentCard(text)).toThrow(reason);
  });

  it('readAgentCard takes what it knows when members are of other types', () => {
    const card = read({
      url: 'https://a.example',
      description: 7,
      skills: [null, { id: 'bake' }],
      capabilities: 'all',
    });
    expect(card).toMatchObject({
      description: '',
      isStreaming: false,
      skills: [{ name: 'bake', description: '', examples: [] }],
    });
  });

  it('readAgentCard names the extensions that an agent demands', () => {
    const extensions = [{ uri: 'https://x.example/one', required: true }, { uri: 'https://x.example/two' }];
    expect(read({ url: 'https://a.example', capabilities: { extensions } }).extensionsRequired).toEqual([
      'https://x.example/one',
    ]);
  });
});
