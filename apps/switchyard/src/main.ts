import { runCommandLine } from './command-line.js';

const code = await runCommandLine(process.argv.slice(2));
// A command that succeeded may have left something that goes on, as a gateway does.
if (code !== 0) process.exit(code);
