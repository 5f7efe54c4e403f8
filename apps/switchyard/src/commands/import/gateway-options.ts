import { Option } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { httpUrl } from '../http-url.js';

export const urlOption = (): Option =>
  new Option('--url <url>', 'where the gateway is')
    .env('SWITCHYARD_URL')
    .default(new URL('http://127.0.0.1:4444'), 'http://127.0.0.1:4444')
    .argParser(httpUrl('--url'));

export const tokenOption = (): Option => new Option('--token <token>', 'of an administrator').env('SWITCHYARD_TOKEN');

/** Throws a sentence where no token was given. */
export const adminApi = (url: URL, token: string | undefined, command = 'import'): AdminApi => {
  if (token === undefined) throw new Error(`${command} needs an administrator’s --token (or SWITCHYARD_TOKEN)`);
  return new AdminApi(url.origin, token);
};
