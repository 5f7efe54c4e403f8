import { describe, expect, it } from 'vitest';
import { CATALOG_LISTS, catalogListOf, changedListOf, listChangedMethod } from './lists.js';
import { LOG_LEVELS, isAtLeast, isLogLevel } from './log-level.js';
import { REVISIONS } from './revisions.js';
import { serverCodec } from './server-side/codecs.js';

describe('log levels', () => {
  it('log levels compare by severity when one is asked for', () => {
    expect(isAtLeast('warning', 'notice')).toBe(true);
    expect(isAtLeast('notice', 'notice')).toBe(true);
    expect(isAtLeast('debug', 'notice')).toBe(false);
    expect(LOG_LEVELS.filter((level) => isAtLeast(level, 'alert'))).toEqual(['alert', 'emergency']);
  });

  it('log levels are no other value when it comes from outside', () => {
    for (const value of ['warn', 'DEBUG', '', 3, null, undefined, 'constructor']) expect(isLogLevel(value)).toBe(false);
    expect(isLogLevel('critical')).toBe(true);
  });
});

describe('lists', () => {
  it('lists are known by their notification when they change', () => {
    for (const list of CATALOG_LISTS) expect(changedListOf(listChangedMethod(list))).toBe(list);
    for (const method of ['notifications/roots/list_changed', 'notifications/message', '__proto__', ''])
      expect(changedListOf(method)).toBeUndefined();
  });

  it('lists count as the resources when they are of templates', () => {
    expect(catalogListOf('resourceTemplates')).toBe('resources');
    expect(catalogListOf('tools')).toBe('tools');
  });
});

describe('revisions', () => {
  it('revisions have batches before 2025-06-18 alone, and prime streams in 2025-11-25 alone', () => {
    expect(REVISIONS.filter((revision) => serverCodec(revision).batches)).toEqual(['2025-03-26', '2024-11-05']);
    expect(REVISIONS.filter((revision) => serverCodec(revision).primesStreams)).toEqual(['2025-11-25']);
  });
});
