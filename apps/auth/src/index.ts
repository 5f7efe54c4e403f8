export { runAuthCommand } from './auth.commands.js';
export type { CommandSurroundings } from './auth.commands.js';
export { authService, issueAdminToken } from './auth.service-part.js';
