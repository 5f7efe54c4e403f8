import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How these commands are called where they were: from a checkout, by npm. */
export const calledAs = (): string => {
  const [, script] = process.argv;
  const root = script !== undefined && existsSync(script) ? dirname(dirname(realpathSync(script))) : '';
  return existsSync(join(root, 'tsconfig.build.json')) ? 'npm run -s switchyard --' : 'switchyard';
};
