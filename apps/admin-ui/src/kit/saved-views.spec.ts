import { describe, expect, it } from 'vitest';
import { VIEWS_MAX, readViews, withView } from './saved-views.ts';

const refused = { name: 'Refused', query: 'outcome=refused' };

describe('saved views', () => {
  it('a view takes the place of the one of its name when it is saved again', () => {
    const views = withView([refused], { name: ' Refused ', query: 'outcome=refused&hours=1' });
    expect(views).toEqual([{ name: 'Refused', query: 'outcome=refused&hours=1' }]);
    expect(withView(views, { name: 'All', query: '' }).map(({ name }) => name)).toEqual(['All', 'Refused']);
  });

  it('a view is not saved when it has no name, is too long or one too many', () => {
    expect(() => withView([], { name: ' ', query: '' })).toThrow(/has a name/);
    expect(() => withView([], { name: 'a', query: 'x'.repeat(2_001) })).toThrow(/not too long/);
    const many = Array.from({ length: VIEWS_MAX }, (_, at) => ({ name: `${at}`, query: '' }));
    expect(() => withView(many, refused)).toThrow(/forget one/);
    expect(withView(many, { name: '7', query: 'user=a' })).toHaveLength(VIEWS_MAX);
  });

  it('what was kept is none when it is not what was saved', () => {
    expect(readViews(JSON.stringify([refused, { name: 1 }, null, 'x']))).toEqual([refused]);
    for (const text of [null, 'no json', '{}', '"x"']) expect(readViews(text)).toEqual([]);
  });
});
