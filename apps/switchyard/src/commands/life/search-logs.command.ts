import { type Command, Option } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { durationMs } from '../../terminal/duration.js';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { readableLine } from './log-line.js';

interface SearchOptions extends Asked {
  readonly since?: number;
  readonly level?: string;
  readonly service?: string;
  readonly user?: string;
  readonly correlation?: string;
  readonly trace?: string;
  readonly limit: string;
  readonly json?: true;
}

/** A line as `GET /logs` shows it. */
interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly service: string;
  readonly instance: string;
  readonly message: string;
  readonly correlationId: string | null;
  readonly traceId: string | null;
  readonly user: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `logs search [TEXT]`: lines of every service that the gateway keeps, in the order in which they were written. */
export const searchLogsCommand = (): Command =>
  asksGateway(newCommand('search'))
    .summary('find lines of every service that the gateway keeps')
    .description(
      'Finds lines of the log of every service, where the gateway keeps them (STRUCTURED_LOGGING_DATABASE_ENABLED). Needs ' +
        'admin.security_audit.',
    )
    .argument('[text]', 'stands somewhere in the line')
    .option('--since <duration>', 'no older than that, such as 15m or 7d', durationMs)
    .addOption(
      new Option('--level <level>', 'of this level, or a graver one').choices([
        'debug',
        'info',
        'warn',
        'error',
        'fatal',
      ]),
    )
    .option('--service <name>', 'written by it')
    .option('--user <email>', 'about whom')
    .option('--correlation <id>', 'the X-Correlation-ID of an answer')
    .option('--trace <id>', 'the id of a trace')
    .option('--limit <count>', 'how many, the newest', '100')
    .option('--json', 'a JSON object a line, on a terminal too')
    .action(async (text: string | undefined, options: SearchOptions) => {
      const { since, level, service, user, correlation, trace, limit, json } = options;
      const { lines } = await (await reach(options)).get<{ readonly lines: readonly LogLine[] }>('/v1/logs', {
        q: text,
        since: since === undefined ? null : new Date(Date.now() - since).toISOString(),
        level,
        service,
        user,
        correlationId: correlation,
        traceId: trace,
        limit,
      });
      const isForPeople = json !== true && process.stdout.isTTY;
      for (const line of [...lines].reverse()) say(isForPeople ? readableLine(asWritten(line)) : JSON.stringify(line));
    });

/** As the service wrote it to its standard output. */
const asWritten = ({ message, user, fields, ...line }: LogLine): string =>
  JSON.stringify({
    ...Object.fromEntries(Object.entries(line).filter(([, value]) => value !== null)),
    ...(user !== null && { principal: user }),
    ...fields,
    msg: `${line.service}: ${message}`,
  });
