import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files: an authority, and a certificate for 127.0.0.1 and localhost that it signed, for servers and clients. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes them in `folder` with `openssl`; good for a day. */
export const makeCertificates = (folder: string): Certificates => {
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  openssl('req', '-x509', ...newKey, '-subj', '/CN=test authority', '-keyout', path('ca.key'), '-out', path('ca.pem'));
  openssl(
    'req',
    ...newKey.slice(0, 4),
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    path('key.pem'),
    '-out',
    path('csr.pem'),
  );
  writeFileSync(
    path('extensions'),
    'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n',
  );
  const authority = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    path('csr.pem'),
    ...authority,
    '-days',
    '1',
    '-extfile',
    path('extensions'),
    '-out',
    path('cert.pem'),
  );
  return { ca: path('ca.pem'), cert: path('cert.pem'), key: path('key.pem') };
};
