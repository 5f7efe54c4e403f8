import { VERSION } from '#libs/service';

/** How the gateway introduces itself to upstreams. */
export const CLIENT_INFO = { name: 'switchyard', title: 'Switchyard', version: VERSION } as const;
