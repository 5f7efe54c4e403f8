import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { NODE_OPTIONS_OF_A_GATEWAY } from './start-in-background.js';

const ROOT = resolve(import.meta.dirname, '../../../../..');

it.each(['package.json', 'docker/Dockerfile', 'docs/operations/deploy.md'])(
  'a gateway has the same options of Node when it is started as %s says and in the background',
  (file) => {
    const commands = [
      ...readFileSync(resolve(ROOT, file), 'utf8').matchAll(/\bnode((?: --\S+)+) \S*(?:start\.mjs|dist\/bin)/g),
    ];
    expect(commands.length).toBeGreaterThan(0);
    for (const [, options = ''] of commands) expect(options.trim().split(' ')).toEqual(NODE_OPTIONS_OF_A_GATEWAY);
  },
);
