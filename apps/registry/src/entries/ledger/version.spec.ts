import { describe, expect, it } from 'vitest';
import { isSameVersion, versionOf } from './version.js';

const VIA = 'switchyard/via';
const TOOL = { name: 'forecast', inputSchema: { type: 'object' } };

const version = (more: object = {}, legacy?: object) =>
  versionOf({
    definition: JSON.stringify({ ...TOOL, ...more }),
    ...(legacy && { legacyDefinition: JSON.stringify({ ...TOOL, ...legacy }) }),
    headerParams: [],
  });
const meta = (via: readonly string[], more: object = {}) => ({ _meta: { [VIA]: via, ...more } });

describe('isSameVersion', () => {
  it.each([
    ['has come to say which gateway it came through', version(), version(meta(['there']))],
    ['says so beside other metadata', version({ _meta: { a: 1 } }), version({ _meta: { a: 1, [VIA]: ['there'] } })],
    ['comes through other gateways', version(meta(['there', 'far'])), version(meta(['there', 'near', 'far']))],
    ['has another way in its legacy definition', version({}, {}), version({}, meta(['there']))],
  ])('takes a tool for the same when it %s', (_when, one, other) => {
    expect([isSameVersion(one, other), isSameVersion(other, one)]).toEqual([true, true]);
  });

  it.each([
    ['its description is new', version(meta(['there'])), version({ ...meta(['there']), description: 'Other' })],
    ['its other metadata is', version(meta(['there'], { a: 1 })), version(meta(['there'], { a: 2 }))],
    ['the way stands elsewhere than in its _meta', version(), version({ [VIA]: ['there'] })],
    ['its legacy definition is new', version({}, {}), version({}, { ...meta(['there']), description: 'Other' })],
    ['it has lost its legacy definition', version({}, {}), version()],
  ])('takes a tool for another when %s', (_when, one, other) => {
    expect([isSameVersion(one, other), isSameVersion(other, one)]).toEqual([false, false]);
  });
});
