import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementsOf } from './elements.js';

it('elementsOf finds each element as it was written', () => {
  expect(elementsOf(' [ {"a":[1,2]} ,"x,]\\"" ,\n[],1.0 , null ] ')).toEqual([
    '{"a":[1,2]}',
    '"x,]\\""',
    '[]',
    '1.0',
    'null',
  ]);
  expect(elementsOf('[ ]')).toEqual([]);
});

it('elementsOf agrees with JSON.parse on any array', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(elementsOf(text).map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
    }),
  );
});
