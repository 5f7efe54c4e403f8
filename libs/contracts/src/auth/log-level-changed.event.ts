import { defineEvent } from '../define.js';

/** From now on every process writes lines of this level (as the logger names it) and above, until it is started anew. */
export const LogLevelChanged = defineEvent<{ readonly level: string }>('auth', 'log-level.changed');
