import { describe, expect, it } from 'vitest';
import { UsageError } from '../../terminal/failure.js';
import { argumentsIn, argumentsOf } from './arguments.js';

const SCHEMA = {
  properties: {
    text: { type: 'string' },
    count: { type: 'integer' },
    isLoud: { type: 'boolean' },
    tags: { type: 'array' },
    unit: { enum: ['c', 'f'] },
    id: { type: ['string', 'null'] },
  },
};

describe('arguments on the command line', () => {
  it('a value is what the schema says when it is written as key=value', () => {
    const words = ['text=1', 'count=2', 'isLoud=true', 'tags=["a","b=c"]', 'unit=c', 'id=null', 'more=3'];
    expect(argumentsOf(words, SCHEMA)).toEqual({
      text: '1',
      count: 2,
      isLoud: true,
      tags: ['a', 'b=c'],
      unit: 'c',
      id: 'null',
      more: '3',
    });
  });

  it('a value is JSON when it is written as key:=JSON, whatever the schema says', () => {
    expect(argumentsOf(['text:={"a":1}', 'id:=null'], SCHEMA)).toEqual({ text: { a: 1 }, id: null });
  });

  it.each([['count=two'], ['count=1.5'], ['isLoud=yes'], ['tags={}'], ['text'], ['=x'], ['text=a', 'text=b']])(
    'a usage error says what is wrong when it is no argument: %j',
    (...words) => {
      expect(() => argumentsOf(words, SCHEMA)).toThrow(UsageError);
    },
  );

  it('all arguments are one object when they come as JSON', () => {
    expect(argumentsIn('{"text":"a"}')).toEqual({ text: 'a' });
    for (const text of ['[1]', 'null', '"a"', '{']) expect(() => argumentsIn(text)).toThrow(UsageError);
  });
});
