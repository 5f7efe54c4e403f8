import { expect, it } from 'vitest';
import { compileUriTemplate } from './uri-template.js';

it.each([
  ['test://template/{id}/data', 'test://template/7/data', true],
  ['test://template/{id}/data', 'test://template//data', false],
  ['test://template/{id}/data', 'test://template/a/b/data', false],
  ['test://template/{id}/data', 'test://template/7/data/', false],
  ['file:///{+path}', 'file:///a/b/c', true],
  ['file:///{path}', 'file:///a/b', false],
  ['db://{table}/{id}', 'db://t/1', true],
  ['db://{table}/{id}', 'db://t', false],
  ['x://list{?page,size}', 'x://list', true],
  ['x://list{?page,size}', 'x://list?page=1', true],
  ['x://{a}{b}', 'x://ab', true],
  ['x://static', 'x://static', true],
  ['x://static', 'x://static2', false],
  ['x://{broken', 'x://{broken', true],
])('a URI template %s matches %s: %s', (template, uri, matches) => {
  expect(compileUriTemplate(template).matches(uri)).toBe(matches);
});

it('a URI template is matched in linear time when it is hostile', () => {
  const hostile = compileUriTemplate(`x://${'{/a*},'.repeat(30)}z`);
  expect(hostile.matches(`x://${','.repeat(1_000_000)}`)).toBe(false);
  expect(compileUriTemplate('{a}'.repeat(100_000)).matches('aaa')).toBe(false);
});
