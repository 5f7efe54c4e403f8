import { VERSION } from '#libs/service';

/** The gateway as an MCP Implementation, in JSON. */
export const ABOUT = JSON.stringify({ name: 'switchyard', title: 'Switchyard', version: VERSION });
