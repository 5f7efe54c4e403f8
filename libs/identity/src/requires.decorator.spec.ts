import { describe, expect, it } from 'vitest';
import { REQUIRED_PERMISSIONS, Requires } from './requires.decorator.js';

describe('Requires', () => {
  it('Requires refuses to compile when a permission is misspelt or a wildcard', () => {
    class Routes {
      @Requires('tools.read', 'tools.execute')
      right(): void {}

      // @ts-expect-error no such permission
      @Requires('tools.raed')
      misspelt(): void {}

      // @ts-expect-error a route requires a permission, not a wildcard
      @Requires('tools.*')
      wildcard(): void {}

      // @ts-expect-error a route that requires nothing says `Authenticated` or `Open`
      @Requires()
      nothing(): void {}
    }

    expect(Reflect.getMetadata(REQUIRED_PERMISSIONS, Routes.prototype.right)).toEqual(['tools.read', 'tools.execute']);
  });
});
