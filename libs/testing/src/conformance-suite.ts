import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface SuiteCheck {
  readonly scenario: string;
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

export interface SuiteReport {
  readonly checks: readonly SuiteCheck[];
  /** `scenario:check-id` of every failed check, once, sorted. */
  readonly failures: readonly string[];
  readonly passed: number;
  /** What the suite printed, for a failing test to show. */
  readonly output: string;
}

/** What the suite wants of the client that it tests. */
export interface ClientScenario {
  readonly scenario: string;
  readonly specVersion: string;
  /** Of the server that the suite has started for it. */
  readonly url: string;
  /** Whatever else the scenario gives its client. */
  readonly context: Readonly<Record<string, unknown>>;
}

type Selection =
  | { readonly requirements: string }
  | { readonly suite: string; readonly specVersion: string }
  | { readonly scenario: string; readonly specVersion: string };

/** The suite gives an answer 500 to 1,000 ms in many checks, whatever else the machine does: so often it may ask. */
const TRIES_PER_SCENARIO = 3;
/** What it says when no answer was there by then, as against a wrong one. */
const NO_ANSWER = /failed to (?:open or )?receive|timed out|dropped|failed to instantiate|invalid layout/i;

/**
 * Runs `@modelcontextprotocol/conformance` against a server and reads what it found. A scenario that fails, not as
 * `known`, because an answer was late is run again by itself, and counts as it ends then. A wrong answer fails at once.
 */
export const runConformanceSuite = async (
  url: string,
  selection: Selection,
  /** Ends the suite at once, so that a test that gives up leaves nothing behind. */
  signal?: AbortSignal,
  /** `scenario:check-id`. */
  known: readonly string[] = [],
): Promise<SuiteReport> => {
  const run = (selected: Selection): Promise<SuiteReport> => {
    const args = Object.entries(selected).flatMap(([name, value]) => [
      name === 'specVersion' ? '--spec-version' : `--${name}`,
      value,
    ]);
    return runAndRead(['server', '--url', url, '--force', ...args], signal);
  };
  const specVersion = 'requirements' in selection ? selection.requirements : selection.specVersion;
  let report = await run(selection);
  for (let tries = 1; tries < TRIES_PER_SCENARIO; tries += 1) {
    const late = report.checks.filter(
      ({ scenario, id, status, errorMessage = '' }) =>
        status === 'FAILURE' && NO_ANSWER.test(errorMessage) && !known.includes(`${scenario}:${id}`),
    );
    for (const scenario of new Set(late.map((check) => check.scenario))) {
      const again = await run({ scenario, specVersion });
      const others = report.checks.filter((check) => check.scenario !== scenario);
      report = reportOf([...others, ...again.checks], `${report.output}\n${again.output}`);
    }
  }
  return report;
};

/**
 * Runs one scenario in which the suite is the server. `drive` is the client; what is tested is whatever it speaks
 * through. Rejects when `drive` does.
 */
export const runConformanceClient = async (
  { scenario, specVersion }: Pick<ClientScenario, 'scenario' | 'specVersion'>,
  drive: (given: ClientScenario) => Promise<void>,
  signal?: AbortSignal,
): Promise<SuiteReport> => {
  let thrown: unknown;
  const desk = createServer((request, response) => {
    text(request)
      .then((given) => drive(JSON.parse(given) as ClientScenario))
      .catch((error: unknown) => (thrown = error))
      .finally(() => response.end());
  });
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  const runner = fileURLToPath(new URL('./conformance-runner.mjs', import.meta.url));
  const command = `"${process.execPath}" "${runner}" http://127.0.0.1:${(desk.address() as AddressInfo).port}/`;
  try {
    const args = ['client', '--command', command, '--scenario', scenario, '--spec-version', specVersion, '--force'];
    const report = await runAndRead(args, signal);
    if (thrown !== undefined) throw new Error(`${scenario} could not be driven\n${report.output}`, { cause: thrown });
    return report;
  } finally {
    desk.closeAllConnections();
    desk.close();
  }
};

/** Runs the scenarios for authorization servers; `browse` takes a person's browser to the URL that the suite names. */
export const runConformanceAuthorization = async (
  client: { readonly url: string; readonly clientId: string; readonly port: number; readonly resource: string },
  browse: (url: URL) => Promise<void>,
  signal?: AbortSignal,
): Promise<SuiteReport> => {
  const { url, clientId, port, resource } = client;
  const args = ['authorization', '--url', url, '--client-id', clientId, '--port', String(port), '--resource', resource];
  let browsing: Promise<void> | undefined;
  const report = await runAndRead(args, signal, (output) => {
    const found = new RegExp(`^${url}/authorize\\?\\S+$`, 'm').exec(output)?.[0];
    if (found !== undefined) browsing ??= browse(new URL(found));
  });
  await browsing;
  return report;
};

/** The scenarios for clients that the suite runs for a revision, those that it does not score included. */
export const clientScenariosOf = async (revision: string): Promise<string[]> => {
  const output = await runSuite(['list', '--requirements', revision]);
  const [, required = ''] = /Client scenarios.*:\n([^]*?)\n\n/.exec(output) ?? [];
  const names = [...required.matchAll(/^ +- (\S+)$/gm), ...output.matchAll(/^ +- (\S+) \[client\]$/gm)];
  return names.map(([, name = '']) => name);
};

const runAndRead = async (
  args: readonly string[],
  signal: AbortSignal | undefined,
  watch?: (output: string) => void,
): Promise<SuiteReport> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-conformance-'));
  const output = await runSuite([...args, '-o', folder], signal, watch);
  const checks = readChecks(folder);
  fs.rmSync(folder, { recursive: true, force: true });
  return reportOf(checks, output);
};

const reportOf = (checks: readonly SuiteCheck[], output: string): SuiteReport => {
  const failures = checks.filter(({ status }) => status === 'FAILURE').map(({ scenario, id }) => `${scenario}:${id}`);
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
  return { checks, failures: [...new Set(failures)].sort(), passed, output };
};

const runSuite = async (
  args: readonly string[],
  signal?: AbortSignal,
  watch?: (output: string) => void,
): Promise<string> => {
  const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json');
  const script = path.join(path.dirname(manifest), 'dist/index.js');
  const child = spawn(process.execPath, [script, ...args]);
  signal?.addEventListener('abort', () => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      watch?.(output);
    });
  await once(child, 'close');
  return output;
};

const readChecks = (folder: string): SuiteCheck[] =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name) === 'checks.json')
    .flatMap((name) => {
      // `server-<scenario>-<time>`, `<scenario>-<time>` where the suite is the server; some scenarios have a slash.
      const scenario = path
        .dirname(name)
        .replace(/^server-/, '')
        .replace(/-\d{4}-\d{2}-\d{2}T.*$/, '');
      const found = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as Omit<SuiteCheck, 'scenario'>[];
      return found.map((check) => ({ ...check, scenario }));
    });
