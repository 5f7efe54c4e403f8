import { describe, expect, it } from 'vitest';
import { OpenQuestions } from './open-questions.js';

const never = (): Promise<string> => new Promise(() => {});
const codeOf = (asking: Promise<string>): Promise<unknown> =>
  asking.then(
    () => 'answered',
    ({ code }: { code: string }) => code,
  );

describe('OpenQuestions', () => {
  it('OpenQuestions puts a question once when many wait for it, and again when it was answered', async () => {
    const questions = new OpenQuestions<string>();
    let put = 0;
    const ask = () => questions.ask('a', 'here', async () => `answer ${(put += 1)}`);
    expect(await Promise.all([ask(), ask()])).toEqual(['answer 1', 'answer 1']);
    expect(await ask()).toBe('answer 2');
  });

  it('OpenQuestions has a quarter of its room for an address, and the rest for others, when one asks too much', async () => {
    const questions = new OpenQuestions<string>();
    for (let at = 0; at < 250; at++) void questions.ask(`here-${at}`, 'here', never);
    expect(await codeOf(questions.ask('one more', 'here', async () => 'x'))).toBe('auth.unavailable');
    expect(await codeOf(questions.ask('other', 'there', async () => 'x'))).toBe('answered');
    for (const address of ['b', 'c', 'd'])
      for (let at = 0; at < 250; at++) void questions.ask(`${address}-${at}`, address, never);
    expect(questions.isFull).toBe(true);
    expect(await codeOf(questions.ask('last', 'there', async () => 'x'))).toBe('auth.unavailable');
  });

  it('OpenQuestions gives the room of an address back when its questions are answered or fail', async () => {
    const questions = new OpenQuestions<string>();
    for (let round = 0; round < 3; round++) {
      const asked = Array.from({ length: 250 }, (_, at) =>
        codeOf(
          questions.ask(`${at}`, 'here', () =>
            at % 2 === 0 ? Promise.resolve('x') : Promise.reject(new Error('boom')),
          ),
        ),
      );
      expect(new Set(await Promise.all(asked))).toEqual(new Set(['answered', undefined]));
    }
    expect(questions.has('1')).toBe(false);
  });
});
