import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto';

/**
 * By what an upstream and the gateway know each other in TLS, each as PEM. One home for two places: the registry reads it from
 * a body, auth keeps it. Nothing here repeats a key.
 */
export interface UpstreamTls {
  /** Authorities that sign for the upstream, in place of those that the gateway knows. */
  readonly ca?: string;
  /** Shown to the upstream, with the certificates between it and its authority. */
  readonly cert?: string;
  /** That of `cert`, not encrypted. Secret. */
  readonly key?: string;
}

/** What a certificate says. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly validTo: string;
  /** SHA-256, as `openssl x509 -fingerprint` writes it. */
  readonly fingerprint: string;
}

/** What may be told of the certificates of one credential. */
export interface TlsShape {
  readonly authorities: readonly CertificateFacts[];
  /** The one that is shown, where one is. */
  readonly client: CertificateFacts | null;
}

/** Of each part. */
export const PEM_CHARS_MAX = 65_536;
const CERTIFICATES_MAX = 64;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Which part is not as it must be, and why. */
export interface TlsProblem {
  readonly part: keyof UpstreamTls;
  readonly reason: string;
}

/** Why a connection cannot be made with these; null where it can be. `now`: epoch ms. */
export const problemOfTls = ({ ca, cert, key }: UpstreamTls, now = Date.now()): TlsProblem | null => {
  if (ca !== undefined) {
    const reason = problemOfCertificates(ca);
    if (reason !== null) return { part: 'ca', reason };
  }
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined) return { part: 'cert', reason: 'is needed beside its key' };
  if (key === undefined) return { part: 'key', reason: 'is needed beside its certificate' };
  const reason = problemOfCertificates(cert);
  if (reason !== null) return { part: 'cert', reason };
  const [own] = certificatesIn(cert) as [X509Certificate];
  if (own.validToDate.getTime() < now)
    return { part: 'cert', reason: `is over since ${own.validToDate.toISOString()}` };
  const privateKey = keyIn(key);
  if (privateKey === null) return { part: 'key', reason: 'must be one private key as PEM that is not encrypted' };
  return own.checkPrivateKey(privateKey) ? null : { part: 'key', reason: 'is not that of the certificate' };
};

/** What certificates say, the first first. They must be without problem. */
export const certificateFacts = (pem: string): readonly CertificateFacts[] =>
  certificatesIn(pem).map(({ subject, issuer, validToDate, fingerprint256 }) => ({
    subject: subject.replaceAll('\n', ', '),
    issuer: issuer.replaceAll('\n', ', '),
    validTo: validToDate.toISOString(),
    fingerprint: fingerprint256,
  }));

const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));

const problemOfCertificates = (pem: string): string | null => {
  if (pem.length > PEM_CHARS_MAX) return `has more than ${PEM_CHARS_MAX} characters`;
  // What is ignored of it may be what was meant.
  const count = pem.match(CERTIFICATE)?.length ?? 0;
  const others = pem.replaceAll(CERTIFICATE, '').replaceAll(/^#.*$/gm, '').trim();
  if (count === 0 || others !== '') return 'must be certificates as PEM and nothing else';
  if (count > CERTIFICATES_MAX) return `has more than ${CERTIFICATES_MAX} certificates`;
  try {
    certificatesIn(pem);
    return null;
  } catch {
    return 'has a certificate that cannot be read';
  }
};

const keyIn = (pem: string): KeyObject | null => {
  if (pem.length > PEM_CHARS_MAX || (pem.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----/g) ?? []).length !== 1) return null;
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
};
