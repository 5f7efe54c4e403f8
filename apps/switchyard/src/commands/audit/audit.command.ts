import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { EXIT, UsageError } from '../../terminal/failure.js';
import { newCommand } from '../new-command.js';

interface VerifyOptions extends Asked {
  readonly since?: { readonly seq: string; readonly hash: string };
}

/** `audit verify [FILE]`: ends with 1 where the trail is not as it was written, so that a script can ask. */
export const auditCommand = (): Command =>
  newCommand('audit')
    .description('The audit trail of a running gateway.')
    .helpCommand(false)
    .addCommand(
      asksGateway(newCommand('verify'))
        .summary('say whether the audit trail is as it was written')
        .description(
          'Says whether every record of the audit trail is as it was written and none is missing, and prints the last one as ' +
            'SEQ:HASH. Keep that elsewhere: with --since it is looked for. Of a FILE from GET /audit/export, without a gateway: ' +
            'whether its records are as they were written. Ends with 1 where they are not.',
        )
        .argument('[file]')
        .option('--since <seq:hash>', 'begin after a record that was printed before', noted)
        .action(async (file: string | undefined, options: VerifyOptions) => {
          const { isIntact, text } = file === undefined ? await ofGateway(options) : await ofFile(file);
          process.stdout.write(`${text}\n`);
          if (!isIntact) process.exitCode = EXIT.failed;
        }),
    );

interface AuditVerdict {
  readonly intact: boolean;
  readonly records: number;
  readonly erased: number;
  readonly brokenAt: number | null;
  readonly fault: string | null;
  readonly head: { readonly seq: number; readonly hash: string };
}

const noted = (text: string): VerifyOptions['since'] => {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new UsageError('--since needs SEQ:HASH, as audit verify prints it');
  return { seq, hash };
};

interface Verdict {
  readonly isIntact: boolean;
  readonly text: string;
}

const ofGateway = async ({ since, ...asked }: VerifyOptions): Promise<Verdict> => {
  const rest = await reach(asked);
  const { intact, records, erased, brokenAt, fault, head } = await rest.get<AuditVerdict>('/v1/audit/verify', since);
  return intact
    ? { isIntact: true, text: `intact: ${records} records, ${erased} of them partly erased\n${head.seq}:${head.hash}` }
    : { isIntact: false, text: `broken at record ${brokenAt}: ${fault}` };
};

const ofFile = async (file: string): Promise<Verdict> => {
  const { verifyExport } = await import('#apps/metrics');
  const handle = await open(file);
  const { records, gaps, brokenAt, fault, last } = await verifyExport(handle.readLines()).finally(() => handle.close());
  if (brokenAt !== null) return { isIntact: false, text: `broken at record ${brokenAt}: ${fault}` };
  const end = last === null ? '' : `\n${last.seq}:${last.hash}`;
  return { isIntact: true, text: `intact: ${records} records${gaps === 0 ? '' : `, with ${gaps} gaps`}${end}` };
};
