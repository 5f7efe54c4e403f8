import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The same version as the image of the Compose file; both numbers stand for one release. */
const MODULE = 'github.com/jaegertracing/jaeger@v1.76.0';
const cache = path.resolve(import.meta.dirname, '../../../node_modules/.cache/jaeger');

const run = (args: readonly string[], cwd?: string): string => {
  const { status, stdout, stderr } = spawnSync('go', args, { encoding: 'utf8', ...(cwd !== undefined && { cwd }) });
  if (status !== 0) throw new Error(`go ${args.join(' ')}: ${stderr}`);
  return stdout;
};

/** Jaeger's program, built once; takes minutes. Its module replaces others, so `go install` does not take it. */
export const buildJaeger = (): string => {
  const program = path.join(cache, 'jaeger');
  if (fs.existsSync(program)) return program;
  console.log('building Jaeger: takes minutes …');
  fs.mkdirSync(cache, { recursive: true });
  const { Dir: source } = JSON.parse(run(['mod', 'download', '-json', MODULE], cache)) as { readonly Dir: string };
  const copy = path.join(cache, 'source');
  fs.cpSync(source, copy, { recursive: true });
  spawnSync('chmod', ['-R', 'u+w', copy]);
  run(['build', '-mod=mod', '-buildvcs=false', '-o', program, './cmd/jaeger'], copy);
  fs.rmSync(copy, { recursive: true, force: true });
  return program;
};
