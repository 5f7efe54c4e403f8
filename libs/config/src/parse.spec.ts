import { describe, expect, it } from 'vitest';
import {
  autoFlag,
  decimal,
  describeOptions,
  flag,
  integer,
  list,
  oneOf,
  optionalText,
  parseConfig,
  secret,
  text,
  url,
} from '#libs/config';

const options = {
  HOST: text('127.0.0.1', 'Address to listen on.'),
  PORT: integer(4444, 'Port to listen on.', { min: 1, max: 65_535 }),
  RATIO: decimal(0.5, 'A share.', { min: 0, max: 1 }),
  AUTH_REQUIRED: flag(true, 'Whether callers must present a credential.'),
  LOCALHOST: autoFlag('Whether this host may be reached.'),
  LOG_LEVEL: oneOf(['debug', 'info'], 'info', 'How much is logged.'),
  ALLOWED_ORIGINS: list([], 'Origins that may call.'),
  NATS_URL: url(['nats:', 'tls:'], 'The broker.'),
  JWT_SECRET_KEY: secret('Signs tokens.'),
  NAME: optionalText('A name.'),
};

describe('parseConfig', () => {
  it('parseConfig gives every option its default when the environment is empty', () => {
    expect(parseConfig(options, { PORT: '' })).toEqual({
      HOST: '127.0.0.1',
      PORT: 4444,
      RATIO: 0.5,
      AUTH_REQUIRED: true,
      LOCALHOST: 'auto',
      LOG_LEVEL: 'info',
      ALLOWED_ORIGINS: [],
      NATS_URL: null,
      JWT_SECRET_KEY: null,
      NAME: null,
    });
  });

  it('parseConfig reads each form', () => {
    const config = parseConfig(options, {
      PORT: '80',
      RATIO: '0.25',
      AUTH_REQUIRED: 'off',
      LOG_LEVEL: 'debug',
      ALLOWED_ORIGINS: 'https://a.example, https://b.example,',
      NATS_URL: 'nats://127.0.0.1:4222',
    });
    expect(config).toMatchObject({
      PORT: 80,
      RATIO: 0.25,
      AUTH_REQUIRED: false,
      LOG_LEVEL: 'debug',
      ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
      NATS_URL: 'nats://127.0.0.1:4222',
    });
  });

  it.each(['["https://a.example", "https://b.example"]', ' [ "https://a.example","https://b.example" ]'])(
    'parseConfig reads a list in JSON: %s',
    (text) => {
      const { ALLOWED_ORIGINS } = parseConfig(options, { ALLOWED_ORIGINS: text });
      expect(ALLOWED_ORIGINS).toEqual(['https://a.example', 'https://b.example']);
    },
  );

  it.each([
    ['ALLOWED_ORIGINS', '["https://a.example"'],
    ['ALLOWED_ORIGINS', '[1]'],
    ['PORT', '80a'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '1.5'],
    ['RATIO', 'much'],
    ['RATIO', '2'],
    ['AUTH_REQUIRED', 'maybe'],
    ['LOCALHOST', 'sometimes'],
    ['LOG_LEVEL', 'loud'],
    ['NATS_URL', 'http://127.0.0.1'],
    ['NATS_URL', 'not a url'],
  ])('parseConfig refuses %s=%s and names it', (name, value) => {
    expect(() => parseConfig(options, { [name]: value })).toThrow(new RegExp(`^${name}`));
  });

  it.each([
    ['auto', 'auto'],
    ['true', true],
    ['off', false],
  ])('parseConfig reads a flag that may be automatic when it is %s', (value, meant) => {
    expect(parseConfig(options, { LOCALHOST: value }).LOCALHOST).toBe(meant);
  });

  it('parseConfig names every malformed value at once', () => {
    expect(() => parseConfig(options, { PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT[^]*LOG_LEVEL/);
  });

  it('parseConfig never repeats a connection URL, which may hold a password', () => {
    const bad = 'ftp://user:hunter2@host';
    expect(() => parseConfig(options, { NATS_URL: bad })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('describeOptions', () => {
  it('describeOptions has a block for every option with its form, default and prose', () => {
    expect(describeOptions({ PORT: options.PORT, JWT_SECRET_KEY: options.JWT_SECRET_KEY })).toBe(
      [
        'PORT  (integer 1…65535; default 4444)',
        '    Port to listen on.',
        'JWT_SECRET_KEY  (secret; default unset)',
        '    Signs tokens.',
      ].join('\n'),
    );
  });
});
