import { openDatabase } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { Note, noteMigrations } from './note.entity.js';

// A replica that starts: says when it is about to open the database, and what it found afterwards.
const [socketDir, startAtMs] = process.argv.slice(2) as [string, string];
await new Promise((resolve) => setTimeout(resolve, Number(startAtMs) - Date.now()));
const database = await openDatabase({
  location: { socketDir },
  schema: 'notes',
  entities: [Note],
  migrations: noteMigrations,
  logger: createLogger({ service: 'test', level: 'silent' }),
});
await database.getRepository(Note).insert({ text: `from ${process.pid}` });
await database.destroy();
process.send?.('done', () => process.exit(0));
