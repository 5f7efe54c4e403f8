/** Who is calling, what they may do, and in which session. */
export { Admission } from './admission.js';
export { callerAdmitter } from './caller.js';
export { METHOD_PERMISSIONS } from './permissions.js';
export { METADATA_PATH, ResourceServer } from './resource-server.js';
