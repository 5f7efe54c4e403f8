import { describe, expect, it } from 'vitest';
import { importedTags, withoutApplyTags } from './apply-tags.js';

describe('the tags of apply', () => {
  it('tags of apply are taken from what a file says when it has some', () => {
    expect(withoutApplyTags(['a', 'apply:default', 'reapply:x'])).toEqual(['a', 'reapply:x']);
    expect(importedTags(['a', 'apply:default'], null, undefined)).toEqual(['a']);
  });

  it('what is new gets the tag of the set when apply makes it', () => {
    expect(importedTags(['a', 'apply:other'], null, 'default')).toEqual(['a', 'apply:default']);
  });

  it('what is here keeps the tag that it has and gets none when it has none', () => {
    expect(importedTags(['a', 'apply:default'], { tags: ['b'] }, 'default')).toEqual(['a']);
    expect(importedTags(['a'], { tags: ['b', 'apply:default'] }, undefined)).toEqual(['a', 'apply:default']);
  });
});
