import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

export interface SuiteCheck {
  readonly scenario: string;
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

export interface SuiteReport {
  /** The suite's own verdict: 0 when every scenario that counts has passed. */
  readonly exitCode: number;
  readonly checks: readonly SuiteCheck[];
  /** `scenario:check-id` of every failed check, once, sorted. */
  readonly failures: readonly string[];
  readonly passed: number;
  /** What the suite printed, for a failing test to show. */
  readonly output: string;
}

/** Runs `@modelcontextprotocol/conformance` against a server and reads what it found. */
export const runConformanceSuite = async (
  url: string,
  selection:
    | { readonly requirements: string }
    | { readonly suite: string; readonly specVersion: string }
    | { readonly scenario: string; readonly specVersion: string },
  /** Ends the suite at once, so that a test that gives up leaves nothing behind. */
  signal?: AbortSignal,
): Promise<SuiteReport> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-conformance-'));
  const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json');
  const args = Object.entries(selection).flatMap(([name, value]) => [
    name === 'specVersion' ? '--spec-version' : `--${name}`,
    value,
  ]);
  const script = path.join(path.dirname(manifest), 'dist/index.js');
  const child = spawn(process.execPath, [script, 'server', '--url', url, ...args, '-o', folder]);
  signal?.addEventListener('abort', () => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const checks = readChecks(folder);
  fs.rmSync(folder, { recursive: true, force: true });
  const failures = checks.filter(({ status }) => status === 'FAILURE').map(({ scenario, id }) => `${scenario}:${id}`);
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
  return { exitCode, checks, failures: [...new Set(failures)].sort(), passed, output };
};

const readChecks = (folder: string): SuiteCheck[] =>
  fs.readdirSync(folder).flatMap((name) => {
    // `server-<scenario>-<time>`
    const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T.*$/, '');
    const file = path.join(folder, name, 'checks.json');
    const found = fs.existsSync(file)
      ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Omit<SuiteCheck, 'scenario'>[])
      : [];
    return found.map((check) => ({ ...check, scenario }));
  });
