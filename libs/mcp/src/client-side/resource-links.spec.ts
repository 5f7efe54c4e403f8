import { describe, expect, it } from 'vitest';
import { resourceLinksOf } from './resource-links.js';

const link = (uri: unknown) => ({ type: 'resource_link', uri, name: 'n' });

describe('the resources that a result links to', () => {
  it('the resources that a result links to stand in the content of a tool and in the messages of a prompt, each once', () => {
    const text = { type: 'text', text: 'resource_link' };
    const embedded = { type: 'resource', resource: { uri: 'a://embedded', text: '' } };
    expect(resourceLinksOf({ content: [text, link('a://1'), embedded, link('a://2'), link('a://1')] })).toEqual([
      'a://1',
      'a://2',
    ]);
    expect(resourceLinksOf({ messages: [{ role: 'user', content: link('a://1') }, null, { content: null }] })).toEqual([
      'a://1',
    ]);
  });

  it.each([{}, { content: 'x' }, { content: [null, 7, link(7), link(''), link('a'.repeat(2_049))] }, { messages: {} }])(
    'the resources that a result links to are none in %j',
    (result) => {
      expect(resourceLinksOf(result)).toBeUndefined();
    },
  );

  it('the resources that a result links to are no more than can be kept', () => {
    const content = Array.from({ length: 1_000 }, (_, index) => link(`a://${index}`));
    expect(resourceLinksOf({ content })).toHaveLength(100);
  });
});
