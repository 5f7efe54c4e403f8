import fs from 'node:fs';
import path from 'node:path';
import { runToEnd } from '../run-to-end.js';
import type { Guests } from '../party.js';
import { npmClients } from './clients.js';
import { npmServers } from './servers.js';

/** Its scripts are not run: what is only listed and called needs no browser and no model to be downloaded. */
const install = async (folder: string): Promise<void> => {
  const sources = [...npmServers, ...npmClients].flatMap(({ source }) => source.split(' '));
  fs.writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'parties', private: true, type: 'module' }),
  );
  await runToEnd(
    'npm',
    [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--legacy-peer-deps',
      '--save-exact',
      ...new Set(sources),
    ],
    {
      cwd: folder,
      timeoutMs: 900_000,
    },
  );
};

export const npm: Guests = { language: 'npm', servers: npmServers, clients: npmClients, lacks: () => null, install };
