import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [url, token, tool, args] = process.argv.slice(2);
const home = path.join(import.meta.dirname, 'node_modules/mcporter');
const { bin } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'));
const program = path.join(home, typeof bin === 'string' ? bin : bin.mcporter);
const folder = mkdtempSync(path.join(tmpdir(), 'mcporter-'));
const config = path.join(folder, 'mcporter.json');
writeFileSync(
  config,
  JSON.stringify({ mcpServers: { gateway: { baseUrl: url, headers: { authorization: `Bearer ${token}` } } } }),
);
const mcporter = (...words) =>
  execFileSync(process.execPath, [program, '--config', config, ...words], { encoding: 'utf8', cwd: folder });
const { tools } = JSON.parse(mcporter('list', 'gateway', '--json'));
const { content } = JSON.parse(mcporter('call', `gateway.${tool}`, '--args', args, '--output', 'json'));
console.log(JSON.stringify({ names: tools.map(({ name }) => name), text: content[0].text }));
rmSync(folder, { recursive: true });
