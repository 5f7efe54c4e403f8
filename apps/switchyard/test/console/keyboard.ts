import type { ConsolePage } from './console-page.js';

const TABS_MAX = 80;

/** What somebody does counts once: each button or link that is pressed, and each list that something is chosen of. */
const COUNT_DEEDS = `(() => {
  let presses = 0;
  let pointers = 0;
  const lists = new Set();
  addEventListener('click', () => { presses++; }, true);
  addEventListener('pointerdown', () => { pointers++; }, true);
  addEventListener('change', ({ target }) => { if (target.tagName === 'SELECT') lists.add(target); }, true);
  globalThis.takeDeeds = () => {
    const taken = { deeds: presses + lists.size, pointers };
    presses = pointers = 0;
    lists.clear();
    return taken;
  };
})()`;

/** Somebody who has a keyboard and nothing else. */
export class KeyboardUser {
  private constructor(private readonly tab: ConsolePage) {}

  static async at(tab: ConsolePage): Promise<KeyboardUser> {
    await tab.page.evaluate(COUNT_DEEDS);
    return new KeyboardUser(tab);
  }

  /** To the overview, from where deeds are counted. */
  async begin(): Promise<void> {
    await this.tab.page.evaluate(`location.hash = '#/'`);
    await this.heading('Overview');
    await this.tab.page.evaluate('takeDeeds()');
  }

  async heading(name: string | RegExp): Promise<void> {
    await this.tab.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }

  /** Goes by Tab to what is called so, and presses it. */
  async press(name: string | RegExp): Promise<void> {
    await this.tab.tabTo(name);
    await this.tab.page.keyboard.press('Enter');
  }

  /** Goes by Tab to the link in the first row that says this, and follows it. */
  async follow(row: RegExp): Promise<void> {
    const { page } = this.tab;
    await page.getByRole('row', { name: row }).first().waitFor();
    for (let presses = 0; presses < TABS_MAX; presses++) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate<string>(
        `document.activeElement?.tagName === 'A' ? document.activeElement.closest('tr')?.textContent ?? '' : ''`,
      );
      if (row.test(text)) return page.keyboard.press('Enter');
    }
    throw new Error(`No row that says ${String(row)} is reached by Tab`);
  }

  /** Goes by Tab to a list, and chooses by the first letters. */
  async choose(list: string, option: string): Promise<void> {
    await this.tab.tabTo(new RegExp(`^${list}`));
    await this.tab.page.keyboard.type(option);
  }

  /** How much was pressed and chosen since the beginning; throws where a pointer was used. */
  async deeds(): Promise<number> {
    const { deeds, pointers } = await this.tab.page.evaluate<{ readonly deeds: number; readonly pointers: number }>(
      'takeDeeds()',
    );
    if (pointers > 0) throw new Error('A pointer was used');
    return deeds;
  }
}
