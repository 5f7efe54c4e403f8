export { authService } from './auth.service-part.js';
export { issueAdminToken } from './bootstrap/admin-token.js';
export { authUsage, runAuthCommand } from './cli/auth-commands.js';
export type { CommandSurroundings } from './cli/auth-commands.js';
