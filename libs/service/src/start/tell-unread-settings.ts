import type { Logger } from '#libs/telemetry';
import type { Environment } from './configuration.js';
import { UNREAD_SETTINGS } from './unread-settings.js';

/** One warning that names every setting of ContextForge in the environment that nothing here reads, and what to use instead. */
export const tellUnreadSettings = (env: Environment, logger: Logger): void => {
  const names = Object.keys(UNREAD_SETTINGS).filter((name) => env[name]);
  if (names.length === 0) return;
  const told = names.map((name) => `${name} (${UNREAD_SETTINGS[name]})`).join('; ');
  logger.warn(`these settings of ContextForge have no effect here: ${told}`);
};
