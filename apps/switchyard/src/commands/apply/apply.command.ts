import { type Command, Option } from 'commander';
import { processEnvironment } from '#libs/config';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { askYes, isAtTerminal } from '../../terminal/ask.js';
import { CommandFailure, UsageError } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { readKnown } from './known.js';
import { type ApplyTerms, type Plan, carryOut, planFor } from './plan.js';
import { countsOf, countsText, hiding, planLines, resultLine } from './plan-text.js';
import { isFolder, readWanted } from './read-folder.js';

interface ApplyOptions extends Asked {
  readonly file: string;
  readonly set: string;
  readonly visibility?: string;
  readonly dryRun?: true;
  readonly prune?: true;
  readonly credentials?: true;
  readonly yes?: true;
}

/** `apply -f DIR`: the gateway as the files of a folder have it. */
export const applyCommand = (): Command =>
  asksGateway(newCommand('apply'))
    .summary('make the gateway what the files of a folder say')
    .description(
      'Makes the upstreams, own tools, prompts, resources and virtual servers of the YAML and JSON files of a folder what the files ' +
        'say, after it has shown what would change. Doing it twice is the same as doing it once. ${ENV:NAME} in a text ' +
        'is what the environment holds, and is never printed.',
    )
    .requiredOption('-f, --file <path>', 'the folder, or one file')
    .option('--dry-run', 'only show what would change')
    .option('--prune', 'remove what an earlier apply of this set has made and no file has any more')
    .addOption(
      new Option('--set <name>', 'which files belong together').default('default').argParser((name: string) => {
        if (!/^[a-z0-9-]{1,64}$/.test(name)) throw new UsageError('--set takes a-z, 0-9 and dashes, 64 at most');
        return name;
      }),
    )
    .option('--credentials', 'give all credentials again; they cannot be compared, and go with other changes alone')
    .addOption(new Option('--visibility <who>', 'who may see what is made').choices(['public', 'private']))
    .option('-y, --yes', 'without asking')
    .action(async (options: ApplyOptions, command: Command) => {
      const { file, set, visibility, dryRun, prune, credentials, yes, ...asked } = options;
      if (dryRun !== true && yes !== true && !isAtTerminal())
        throw new UsageError('apply needs --yes (or --dry-run) where it cannot ask');
      if (prune === true && command.getOptionValueSource('set') === 'default' && !isFolder(file))
        throw new UsageError('--prune with one file needs --set: it removes what is of the set and not in the file');
      const env = processEnvironment();
      const wanted = readWanted(file, env);
      const hide = hiding(wanted, env);
      const rest = await reach(asked);
      const api = new AdminApi(rest);
      const terms: ApplyTerms = {
        set,
        givesCredentials: credentials === true,
        ...(visibility !== undefined && { visibility }),
      };
      const prunes = prune === true;
      const plan = await hidden(hide, async () => planFor(api, wanted, await readKnown(rest), terms));
      for (const line of planLines(plan, prunes)) say(hide(line));
      const counts = countsOf(plan, prunes);
      say(countsText(counts));
      if (counts.refused > 0) throw new CommandFailure('not all of the files can be applied; nothing was changed');
      const isNothing = counts.created + counts.updated + counts.removed === 0;
      if (dryRun === true || isNothing) return;
      if (yes !== true && !(await askYes('Apply this?', false))) return;
      await hidden(hide, () => carriedOut(api, plan, terms, prunes, (line) => say(hide(line))));
    });

/** Throws what the work does, with nothing in its message that is from the environment. */
const hidden = async <Done>(hide: (text: string) => string, work: () => Promise<Done>): Promise<Done> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandFailure) throw new CommandFailure(hide(error.message), error.exitCode);
    throw new CommandFailure(hide(String(error instanceof Error ? error.stack : error)));
  }
};

/** What is gone goes first, so that its name is free. Throws when not all could be done, with how many could not. */
const carriedOut = async (
  api: AdminApi,
  plan: Plan,
  terms: ApplyTerms,
  prunes: boolean,
  print: (line: string) => void,
): Promise<void> => {
  let failed = 0;
  const gone = prunes ? plan.gone : [];
  for (const entry of [...gone].sort((one, other) => rank(one.type) - rank(other.type))) {
    try {
      await api.rest.delete(entry.path);
      print(resultLine(entry, 'removed', []));
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      failed += 1;
      print(resultLine(entry, 'failed', [error.message]));
    }
  }
  try {
    await carryOut(api, plan, terms, (wanted, { outcome, notes }) => {
      if (outcome === 'unchanged') return;
      if (outcome !== 'created' && outcome !== 'updated') failed += 1;
      print(resultLine(wanted, outcome, notes));
    });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    throw new CommandFailure(`${error.message}; ${failed} could not be applied or were not reached`, error.exitCode);
  }
  if (failed > 0) throw new CommandFailure(`${failed} could not be applied; the others were`);
};

const rank = (type: string): number => (type === 'servers' ? 0 : 1);
