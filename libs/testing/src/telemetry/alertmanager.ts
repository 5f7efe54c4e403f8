import fs from 'node:fs';
import path from 'node:path';
import { ChildServer } from '../child-server.js';
import { freePort } from '../free-port.js';
import { temporaryFolder } from '../temporary-folder.js';

export interface Alertmanager {
  readonly url: string;
  stop(): Promise<void>;
}

/** An Alertmanager of one's own, by the text of its configuration. */
export const startAlertmanager = async (configuration: string): Promise<Alertmanager> => {
  const [port, folder] = [await freePort(), temporaryFolder('alertmanager')];
  const url = `http://127.0.0.1:${port}`;
  fs.writeFileSync(path.join(folder, 'alertmanager.yml'), configuration);
  const server = new ChildServer({
    command: 'prometheus-alertmanager',
    args: [
      `--config.file=${path.join(folder, 'alertmanager.yml')}`,
      `--storage.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    probe: async () => {
      if (!(await fetch(`${url}/-/ready`)).ok) throw new Error('not ready');
    },
  });
  await server.start();
  return {
    url,
    stop: async () => {
      await server.kill();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
};
