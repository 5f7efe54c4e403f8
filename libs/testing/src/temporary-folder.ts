import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder that others may pass through: the embedded postgres of a test that root runs is another user's. */
export const temporaryFolder = (name: string): string => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `switchyard-${name}-`));
  fs.chmodSync(folder, 0o711);
  return folder;
};
