import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Guests } from '../party.js';
import { runToEnd } from '../run-to-end.js';

const PROGRAMS = fileURLToPath(new URL('../../../parties/java/programs/', import.meta.url));
const BUILD_MS = 600_000;
const SDK = 'io.modelcontextprotocol.sdk:mcp:2.1.0';
const CLASS_PATH = 'class-path.txt';

const classPathIn = (folder: string): string =>
  [path.join(folder, 'classes'), fs.readFileSync(path.join(folder, CLASS_PATH), 'utf8').trim()].join(path.delimiter);

/** Maven says where the libraries are, the compiler does the rest: nothing is written beside the sources. */
const install = async (folder: string): Promise<void> => {
  const options = { cwd: PROGRAMS, timeoutMs: BUILD_MS };
  const classPath = path.join(folder, CLASS_PATH);
  await runToEnd('mvn', ['-q', '-B', 'dependency:build-classpath', `-Dmdep.outputFile=${classPath}`], options);
  const sources = ['PartyServer', 'PartyClient'].map((name) => path.join('src/main/java', `${name}.java`));
  const libraries = fs.readFileSync(classPath, 'utf8').trim();
  await runToEnd('javac', ['-cp', libraries, '-d', path.join(folder, 'classes'), ...sources], options);
};

const lacks = (): string | null =>
  ['mvn', 'javac'].every((program) => spawnSync(program, ['-version']).status === 0)
    ? null
    : 'a JDK of 17 or later and Maven are needed';

export const java: Guests = {
  language: 'java',
  servers: [
    {
      name: 'java-sdk',
      source: SDK,
      calls: () => [
        { tool: 'add', args: { a: 2, b: 40 } },
        { tool: 'add', args: { a: 'two', b: 1 } },
      ],
      launch: (folder, home) => ({
        command: 'java',
        args: ['-cp', classPathIn(folder), 'PartyServer'],
        env: { HOME: home },
      }),
    },
  ],
  clients: [
    {
      name: 'Java SDK',
      source: SDK,
      launch: (folder, home, { url, token }, { tool, args }) => ({
        command: 'java',
        args: ['-cp', classPathIn(folder), 'PartyClient', url, token, tool, JSON.stringify(args)],
        env: { HOME: home },
      }),
    },
  ],
  lacks,
  install,
};
