import { expect, it } from 'vitest';
import { flag, integer, list, parseConfig, secret, url } from '#libs/config';
import { settingsReport } from './setting-report.js';

const options = {
  PORT: integer(4444, 'Port.'),
  OPEN: flag(false, 'Whether.'),
  HOSTS: list([], 'Names.'),
  DATABASE_URL: url(['postgres:'], 'The database.'),
  JWT_SECRET_KEY: secret('Signs.'),
  OTHER_SECRET: secret('Signs too.'),
};

it('settingsReport says of each setting what it is, where from and what it would be, and shows no secret', () => {
  const given = { PORT: '80', DATABASE_URL: 'postgres://ann:hunter2@db/x', JWT_SECRET_KEY_FILE: '/run/secrets/jwt' };
  const made = { OTHER_SECRET: 'made-up-bytes' };
  const values = parseConfig(options, { ...given, ...made, JWT_SECRET_KEY: 'from-the-file' });
  const report = settingsReport(options, { given, made, values });
  expect(report.map((each) => [each.name, each.value, each.isSet, each.source, each.default])).toEqual([
    ['PORT', '80', true, 'environment', '4444'],
    ['OPEN', 'false', true, 'default', 'false'],
    ['HOSTS', null, false, 'default', null],
    ['DATABASE_URL', null, true, 'environment', null],
    ['JWT_SECRET_KEY', null, true, 'file', null],
    ['OTHER_SECRET', null, true, 'gateway', null],
  ]);
  for (const held of ['hunter2', 'from-the-file', 'made-up-bytes', '/run/secrets'])
    expect(JSON.stringify(report)).not.toContain(held);
});
