export { type AuthCommands, authCommands } from './auth.commands.js';
export type { CommandDeps } from './auth.commands.js';
export {
  authService,
  endToken,
  firstAdministrator,
  issueAdminToken,
  issueClientToken,
  issueConsoleCode,
} from './auth.service-part.js';
