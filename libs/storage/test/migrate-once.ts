import { once } from 'node:events';
import { openDatabase } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { Note, noteMigrations } from './note.entity.js';

// A replica that starts: says that it is up, waits for the word, and opens the database.
process.send?.('up');
await once(process, 'message');
const database = await openDatabase({
  location: { socketDir: process.argv[2] as string },
  schema: 'notes',
  entities: [Note],
  migrations: noteMigrations,
  logger: createLogger({ service: 'test', level: 'silent' }),
});
await database.getRepository(Note).insert({ text: `from ${process.pid}` });
await database.destroy();
process.disconnect();
