export {
  autoFlag,
  decimal,
  flag,
  integer,
  list,
  oneOf,
  optionalText,
  secret,
  secretList,
  text,
  url,
} from './option.js';
export type { ConfigOf, Option, Options } from './option.js';
export { describeOptions, parseConfig } from './parse.js';
export { type TlsTexts, readSettingFile, readTlsFiles } from './tls-files.js';
export { withSecretFiles } from './secret-files.js';
export {
  type ProcessEnvironment,
  gatewayEnvironment,
  processEnvironment,
  secretFilesOf,
} from './process-environment.js';
export { type ProcessIdentity, isSameProcess, thisProcess } from './process-identity.js';
