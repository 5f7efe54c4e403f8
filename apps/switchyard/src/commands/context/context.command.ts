import type { Command } from 'commander';
import { Rest } from '../../gateway/rest.js';
import { checkContextName, contextNamed, LOCAL, readContexts, writeContexts } from '../../local/contexts.js';
import { localGateway } from '../../local/data-folder.js';
import { askLine, isAtTerminal, readInput } from '../../terminal/ask.js';
import { UsageError } from '../../terminal/failure.js';
import { httpUrl } from '../../terminal/http-url.js';
import { jsonOption, note, type OutputOptions, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';

/** `context ls`, `add`, `use` and `rm`: gateways elsewhere, with the token that each is shown. */
export const contextCommand = (): Command =>
  nounCommand(
    'context',
    'Gateways elsewhere, by names of your own. The file with their tokens is readable by you alone.',
    listCommand(),
    addCommand(),
    useCommand(),
    removeCommand(),
  );

const listCommand = (): Command =>
  newCommand('ls')
    .summary('list them; commands speak to the one in use')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action((options: OutputOptions) => {
      const { current, contexts } = readContexts();
      const remote = Object.entries(contexts).map(([name, { url }]) => ({ name, url, inUse: name === current }));
      const local = { name: LOCAL, url: localGateway()?.url ?? null, inUse: current === null };
      showList([local, ...remote], {
        ...options,
        idOf: ({ name }) => name,
        empty: '',
        columns: [
          ['name', ({ name }) => name],
          ['in use', ({ inUse }) => (inUse ? 'yes' : '')],
          ['url', ({ url }) => url ?? 'the gateway of this machine, which does not run'],
        ],
      });
    });

interface AddOptions {
  readonly tokenStdin?: true;
  readonly check: boolean;
}

const addCommand = (): Command =>
  newCommand('add')
    .summary('keep one, and use it from now on')
    .description(
      'Keeps a gateway and the token that it is shown, and uses it from now on. The token is asked for on the terminal, or read ' +
        'from standard input. It is tried first.',
    )
    .argument('<name>', 'for it', checkContextName)
    .argument('<url>', 'where it is', httpUrl('context add'))
    .option('--token-stdin', 'the token is the first line of standard input')
    .option('--no-check', 'without trying the token')
    .action(async (name: string, url: URL, { tokenStdin, check }: AddOptions) => {
      const token = tokenStdin === true ? (await readInput()).split('\n', 1)[0] : await askedToken();
      if (!token) throw new UsageError('context add needs a token: type it, or give it by --token-stdin');
      const rest = new Rest(`${url.origin}${url.pathname}`.replace(/\/+$/, ''), token.trim());
      const who = check ? (await rest.get<{ readonly email: string }>('/v1/auth/email/me')).email : null;
      const { contexts } = readContexts();
      writeContexts({ current: name, contexts: { ...contexts, [name]: { url: rest.url, token: rest.token } } });
      say(`${name} is in use: ${rest.url}${who === null ? '' : `, as ${who}`}`);
    });

const askedToken = async (): Promise<string> => {
  if (!isAtTerminal()) throw new UsageError('there is no terminal to ask for the token on: give it by --token-stdin');
  return askLine('Token: ', true);
};

const useCommand = (): Command =>
  newCommand('use')
    .summary(`speak to one from now on; "${LOCAL}" is the gateway of this machine`)
    .argument('<name>')
    .action((name: string) => {
      const all = readContexts();
      const url = name === LOCAL ? localGateway()?.url : contextNamed(all, name).url;
      writeContexts({ ...all, current: name === LOCAL ? null : name });
      say(`${name} is in use${url === undefined ? '' : `: ${url}`}`);
      if (url === undefined) note('No gateway runs here: switchyard up');
    });

const removeCommand = (): Command =>
  newCommand('rm')
    .summary('forget one, and its token')
    .argument('<name>')
    .action((name: string) => {
      const { current, contexts } = readContexts();
      contextNamed({ current, contexts }, name);
      const rest = Object.fromEntries(Object.entries(contexts).filter(([other]) => other !== name));
      writeContexts({ current: current === name ? null : current, contexts: rest });
      say(`forgot ${name}`);
    });
