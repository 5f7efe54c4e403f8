import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { InputForm } from './input-form.tsx';
import { inputsWanted } from './inputs-wanted.ts';

/** What is shown of what a tool asks for. */
const shown = (inputRequests: unknown): string => {
  const wanted = inputsWanted({ resultType: 'input_required', inputRequests });
  return wanted === null ? '' : renderToStaticMarkup(createElement(InputForm, { wanted, onAnswer: () => undefined }));
};

const sampling = (params: unknown) => ({ model: { method: 'sampling/createMessage', params } });

it('InputForm shows what a tool has said when some of it is not as it should be', () => {
  const message = { role: 'user', content: [null, 'a word', { type: 'text', text: 'Which tide?' }] };
  const form = shown(sampling({ messages: [null, 7, 'x', message], systemPrompt: null, maxTokens: '9' }));
  expect(form).toContain('<pre tabindex="0">null\na word\nWhich tide?</pre>');
  expect(form.match(/<pre/g)).toHaveLength(1);
});

it.each([
  ['a sample without params', sampling(null), 'Answer of the model'],
  ['messages that are no list', sampling({ messages: {} }), 'Answer of the model'],
  ['a request that is none', { one: null }, '<legend>'],
  ['a request without params', { one: { method: 'elicitation/create' } }, 'elicitation/create'],
])('InputForm has its buttons when a tool asks by %s', (_what, requests, words) => {
  const form = shown(requests);
  expect(form).toContain(words);
  expect(form).toContain('Send');
});
