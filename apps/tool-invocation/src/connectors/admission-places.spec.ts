import { describe, expect, it } from 'vitest';
import { AdmissionPlaces } from './admission-places.js';

describe('places of those who wait to be let in', () => {
  it('AdmissionPlaces refuses an address when it has taken its share, and lets others in', () => {
    const places = new AdmissionPlaces();
    const leave = Array.from({ length: 4 }, () => places.take('192.0.2.1'));
    expect(() => places.take('192.0.2.1')).toThrow(expect.objectContaining({ code: 'http.overloaded' }));
    places.take('192.0.2.2');
    leave[0]?.();
    leave[0]?.();
    places.take('192.0.2.1');
    expect(() => places.take('192.0.2.1')).toThrow();
  });

  it('AdmissionPlaces refuses everybody when all places are taken', () => {
    const places = new AdmissionPlaces();
    const leave = Array.from({ length: 32 }, (_, at) => places.take(`192.0.2.${at}`));
    expect(() => places.take('198.51.100.1')).toThrow(expect.objectContaining({ code: 'http.overloaded' }));
    for (const go of leave) go();
    places.take('198.51.100.1');
  });
});
