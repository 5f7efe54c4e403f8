import { describe, expect, it } from 'vitest';
import { type Destination, matching } from './palette-match.ts';

const one = (kind: Destination['kind'], name: string): Destination => ({ kind, name, url: `#/${name}` });
const ALL = [
  one('Tool', 'shop-buy'),
  one('Tool', 'buy'),
  one('Tool', 'library-rebuy'),
  one('Server', 'buying'),
  one('Page', 'Overview'),
  one('Page', 'Tools'),
  one('Person', 'ann@buyers.example'),
];
const names = (text: string): readonly string[] => matching(ALL, text).map(({ name }) => name);

describe('the palette', () => {
  it('the palette leads to the pages when nothing is written', () => {
    expect(names(' ')).toEqual(['Overview', 'Tools']);
  });

  it('the palette puts the same name first, then its beginnings, beginnings of words, and the rest', () => {
    expect(names('Buy')).toEqual(['buy', 'buying', 'shop-buy', 'ann@buyers.example', 'library-rebuy']);
  });

  it('the palette wants every word when several are written', () => {
    expect(names('buy shop')).toEqual(['shop-buy']);
    expect(names('buy nowhere')).toEqual([]);
  });

  it('the palette shows twelve when more are found', () => {
    const many = Array.from({ length: 40 }, (_, at) => one('Tool', `tool ${at}`));
    expect(matching(many, 'tool')).toHaveLength(12);
  });
});
