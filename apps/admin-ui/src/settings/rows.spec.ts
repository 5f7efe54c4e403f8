import { expect, it } from 'vitest';
import { rowsOf } from './rows.ts';

const setting = (name: string, value: string) => ({
  name,
  value,
  isSet: true,
  source: 'environment' as const,
  default: null,
  isSecret: false,
  form: 'text',
  prose: '',
});

it('rowsOf shows a setting once when services have the same of it, and apart when they do not', () => {
  const rows = rowsOf([
    { service: 'auth', settings: [setting('PORT', '1'), setting('HOST', 'a')] },
    { service: 'metrics', settings: [setting('PORT', '2'), setting('HOST', 'a')] },
  ]);
  expect(rows.map(({ name, value, services }) => [name, value, services])).toEqual([
    ['HOST', 'a', ['auth', 'metrics']],
    ['PORT', '1', ['auth']],
    ['PORT', '2', ['metrics']],
  ]);
});
