import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { INSTANCE, createLogger, type LogLevel } from './logger.js';
import { NestLogger } from './nest-logger.js';
import { runInTrace } from '../tracing/trace.js';

const openLog = (level: LogLevel = 'trace') => {
  let text = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    logger: createLogger({ service: 'test', version: '1.2.3', level, destination }),
    text: () => text,
    lines: () =>
      text
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
};

const PLANTED = 'pl4nted-S3cret-value';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJlLXBsNG50ZWQ';

describe('the log', () => {
  it('the log is one JSON object per line, with the service, the level by name and the time', () => {
    const log = openLog();
    log.logger.info({ upstreamId: 'u1' }, 'hello');
    expect(log.lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        service: 'test',
        instance: INSTANCE,
        version: '1.2.3',
        upstreamId: 'u1',
        msg: 'hello',
      },
    ]);
  });

  it('the log leaves out what is below its level', () => {
    const log = openLog('warn');
    log.logger.info('hello');
    expect(log.text()).toBe('');
  });

  const secretive: [string, (log: ReturnType<typeof openLog>['logger']) => void][] = [
    ['a password', (log) => log.info({ password: PLANTED })],
    ['a nested token', (log) => log.info({ a: { b: { c: { accessToken: PLANTED } } } })],
    ['a secret in a list', (log) => log.info({ users: [{ client_secret: PLANTED }] })],
    ['an Authorization header', (log) => log.info({ req: { headers: { authorization: `Bearer ${PLANTED}` } } })],
    ['a header of any name', (log) => log.info({ headers: { 'x-custom': PLANTED } })],
    ['raw headers', (log) => log.info({ rawHeaders: ['Cookie', PLANTED] })],
    ['an environment', (log) => log.info({ env: { GITHUB_PAT: PLANTED } })],
    ['a cookie', (log) => log.info({ 'Set-Cookie': PLANTED })],
    ['an API key', (log) => log.info({ apiKey: PLANTED, api_key: PLANTED, 'x-api-key': PLANTED })],
    ['a credential object', (log) => log.info({ credential: { headers: { a: PLANTED } } })],
    ['a bearer credential in text', (log) => log.info(`sent Bearer ${PLANTED} upstream`)],
    ['a JWT in text', (log) => log.info({ note: `token was ${JWT}` }, `and here ${JWT}`)],
    ['a password in a URL', (log) => log.warn({ url: `postgres://gateway:${PLANTED}@db:5432/x` })],
    ['a password in a query', (log) => log.warn(`GET /x?api_key=${PLANTED}&a=1`)],
    ['an error', (log) => log.error(new Error(`redis://:${PLANTED}@host failed`))],
    [
      'an error with members',
      (log) => log.error({ err: Object.assign(new Error('x'), { config: { headers: { a: PLANTED } } }) }),
    ],
    ['the cause of an error', (log) => log.error({ err: new Error('x', { cause: new Error(`token=${PLANTED}`) }) })],
    [
      'the parameters of a failed statement',
      (log) => {
        const cause = Object.assign(new Error('null value in column "x" violates not-null constraint'), {
          severity: 'ERROR',
          code: '23502',
          detail: `Failing row contains (1, ${PLANTED}).`,
          where: PLANTED,
        });
        log.error({
          err: Object.assign(new Error(cause.message), {
            query: 'INSERT',
            parameters: [PLANTED],
            driverError: cause,
            detail: cause.detail,
          }),
        });
      },
    ],
    [
      'the value in the message of a failed statement',
      (log) =>
        log.error(
          {
            err: Object.assign(new Error(`invalid input syntax for type uuid: "${PLANTED} ""x"`), {
              severity: 'ERROR',
              code: '22P02',
            }),
          },
          'failed',
        ),
    ],
    ['the bindings of a child', (log) => log.child({ token: PLANTED }).info('x')],
    ['a format argument', (log) => log.info('sent %s', `Bearer ${PLANTED}`)],
    ['a map', (log) => log.info({ members: new Map([['password', PLANTED]]) })],
  ];

  it.each(secretive)('the log never holds %s', (_name, write) => {
    const log = openLog();
    write(log.logger);
    expect(log.lines()).toHaveLength(1);
    expect(log.text()).not.toContain(PLANTED);
    expect(log.text()).not.toContain(JWT);
  });

  it('the log keeps what only speaks about a secret', () => {
    const log = openLog();
    log.logger.info({ tokenId: 'jti-1', tokenCount: 3, url: 'https://host/path' });
    expect(log.lines()[0]).toMatchObject({ tokenId: 'jti-1', tokenCount: 3, url: 'https://host/path' });
  });

  it('the log writes an error with its name, code and stack', () => {
    const log = openLog();
    log.logger.error({ err: Object.assign(new Error('broken'), { code: 'E1' }) }, 'failed');
    expect(log.lines()[0]).toMatchObject({
      msg: 'failed',
      err: { type: 'Error', message: 'broken', code: 'E1', stack: expect.any(String) },
    });
  });

  it('the log keeps which statement failed, and of what', () => {
    const log = openLog();
    const err = new Error('duplicate key value violates unique constraint "users_pkey"');
    log.logger.error({ err: Object.assign(err, { query: 'INSERT INTO x', parameters: [PLANTED], code: '23505' }) });
    expect(log.lines()[0]).toMatchObject({
      err: { message: expect.stringContaining('"users_pkey"'), code: '23505', query: 'INSERT INTO x' },
    });
  });

  it('the log survives circles, depth and size', () => {
    const log = openLog();
    const circle: Record<string, unknown> = { name: 'a' };
    circle.self = circle;
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 10_000; level++) deep = { deep };
    log.logger.info({
      circle,
      deep,
      long: 'x'.repeat(100_000),
      many: Array.from({ length: 10_000 }, () => 1),
      bytes: Buffer.alloc(1_000),
    });
    expect(log.lines()).toHaveLength(1);
    expect(log.text().length).toBeLessThan(20_000);
  });

  it('the log ties the lines of a request together', () => {
    const log = openLog();
    runInTrace({ correlationId: 'c1', traceId: 't1', traceparent: '' }, () => log.logger.info('x'));
    log.logger.info('y');
    expect(log.lines()[0]).toMatchObject({ correlationId: 'c1', traceId: 't1' });
    expect(log.lines()[1]).not.toHaveProperty('correlationId');
  });

  afterEach(() => vi.useRealTimers());

  it('the log counts a warning or an error when it comes again within a minute', () => {
    vi.useFakeTimers();
    const log = openLog();
    const fails = (attempt: number, upstream = 'one'): void =>
      log.logger.warn({ upstream, attempt, traceId: `t${attempt}`, err: new Error('refused') }, 'an upstream fails');
    for (let attempt = 0; attempt < 100; attempt++) fails(attempt);
    fails(0, 'two');
    for (let time = 0; time < 2; time++) log.logger.info('each time');
    expect(log.lines().map(({ upstream, msg }) => upstream ?? msg)).toEqual(['one', 'two', 'each time', 'each time']);

    vi.advanceTimersByTime(61_000);
    expect(log.lines().slice(4)).toMatchObject([
      { upstream: 'one', attempt: 1, repeated: 99, err: { message: 'refused' } },
    ]);
    vi.advanceTimersByTime(120_000);
    expect(log.lines()).toHaveLength(5);
    fails(1);
    expect(log.lines()).toHaveLength(6);
  });

  it('the log counts an error when it is thrown again without a word', () => {
    vi.useFakeTimers();
    const log = openLog();
    for (let time = 0; time < 3; time++) log.logger.error(new Error(`token=${PLANTED}`));
    vi.advanceTimersByTime(61_000);
    expect(log.lines()).toMatchObject([{ level: 'error' }, { level: 'error', repeated: 2 }]);
    expect(log.text()).not.toContain(PLANTED);
  });

  it("the log holds Nest's own lines, errors with their stack", () => {
    const log = openLog();
    const nest = new NestLogger(log.logger);
    nest.log('mapped', 'Router');
    nest.error('broken', 'the stack', 'Injector');
    nest.error(new Error('thrown'), 'Injector');
    expect(log.lines()).toMatchObject([
      { level: 'debug', msg: 'mapped', context: 'Router' },
      { level: 'error', msg: 'broken', context: 'Injector', detail: 'the stack' },
      { level: 'error', msg: 'thrown', err: { message: 'thrown' } },
    ]);
  });
});
