import { parseArgs } from 'node:util';
import { runUpgrade } from './run.js';

const USAGE = `npm run upgrade -- --from FOLDER

FOLDER is a built checkout, or an unpacked package with its node_modules, of an earlier version. Each of its services runs twice behind the
shipped edge, with the stores that it makes; then one replica after the other is replaced by this version while clients call and an
operator registers. In the end what clients were told, what the upstream ran and what was recorded is compared, call by call.`;

const { values } = parseArgs({ options: { from: { type: 'string' }, help: { type: 'boolean', default: false } } });
if (values.help || values.from === undefined) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
const { flaws, ...run } = await runUpgrade(values.from, (line) => console.log(line));
console.log(JSON.stringify({ ...run, flaws: flaws.length }));
for (const flaw of flaws) console.log(`FLAW ${flaw}`);
process.exitCode = flaws.length > 0 ? 1 : 0;
