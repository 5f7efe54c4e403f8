import { describe, expect, it } from 'vitest';
import { connectedPage, onwardPage } from './consent-pages.js';

const ORIGIN = 'https://notes.example';
const AS = 'https://idp.example/auth?x=y';
const gateway = { name: '<b>Notes</b>', origin: ORIGIN };

describe('pages of a consent', () => {
  it('pages of a consent say where the token goes, and for whom, when there is one', () => {
    const asked = { gateway, resource: `${ORIGIN}/mcp` };
    const [onward, connected] = [onwardPage(asked, AS), connectedPage(asked, 'ann@example.com')];
    for (const page of [onward, connected]) {
      expect(page).toContain(`at <strong>${ORIGIN}</strong>`);
      expect(page).not.toMatch(/<b>|elsewhere/);
    }
    expect(onward).toContain('idp.example');
    expect(connected).toContain('ann@example.com');
  });

  it.each(['https://other.example/mcp', 'api://notes'])(
    'pages of a consent warn of a token for %s when that is not where it goes',
    (resource) => {
      const asked = { gateway, resource };
      for (const page of [onwardPage(asked, AS), connectedPage(asked, 'ann@example.com')])
        expect(page).toMatch(new RegExp(`class="warning".*${resource}.*elsewhere`));
    },
  );
});
