import { readConfigurationFile } from './configuration-file.js';
import { type AskedInputs, findServers } from './find-servers.js';
import type { Members } from './members.js';
import { type ServerEntry, toEntry } from './server-entry.js';
import { Unexpandable } from './variables.js';

export type { ServerEntry } from './server-entry.js';

export interface Reading {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks whoever sits at the terminal; null where nobody does. */
  readonly ask: ((input: Members) => Promise<string>) | null;
}

/** The servers of a client's configuration, of any client. Throws a sentence when the file is none. */
export const readServerList = async (path: string, { env, ask }: Reading): Promise<readonly ServerEntry[]> => {
  const { servers, inputs } = findServers(readConfigurationFile(path), path);
  const input = asker(inputs, ask);
  const entries: ServerEntry[] = [];
  // One after the other: there is one terminal to ask on.
  for (const found of servers) entries.push(await toEntry(found, { env, folder: found.folder, input }));
  return entries;
};

/** Each input is asked for once, however many servers want it. */
const asker = (inputs: AskedInputs, ask: Reading['ask']): ((id: string) => Promise<string>) => {
  const answers = new Map<string, Promise<string>>();
  return (id) => {
    const input = inputs.get(id) ?? { id };
    if (ask === null) throw new Unexpandable(`asks for the input "${id}", and there is no terminal to ask on`);
    if (input['type'] === 'command') throw new Unexpandable(`has the answer of a command for the input "${id}"`);
    const known = answers.get(id);
    if (known !== undefined) return known;
    const answer = ask(input);
    answers.set(id, answer);
    return answer;
  };
};
