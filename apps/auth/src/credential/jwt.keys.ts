import { type KeyObject, createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SignJWT, errors, jwtVerify } from 'jose';
import { fail } from '#libs/errors';
import type { AuthConfig } from '../auth.config.js';
import { requiredSecret } from '../required-secret.js';

export interface JwtKeys {
  readonly algorithm: AuthConfig['JWT_ALGORITHM'];
  /** `null` where this gateway only verifies what somebody else signs. */
  readonly signing: KeyObject | null;
  readonly verification: KeyObject;
}

type KeySettings = Pick<
  AuthConfig,
  'JWT_ALGORITHM' | 'JWT_SECRET_KEY' | 'JWT_PRIVATE_KEY_PATH' | 'JWT_PUBLIC_KEY_PATH'
>;

/** Reads the keys and tries them, so that a key of the wrong kind stops the start and not the first caller. */
export const loadJwtKeys = async (settings: KeySettings): Promise<JwtKeys> => {
  const keys = settings.JWT_ALGORITHM.startsWith('HS') ? secretKeys(settings) : await keyPair(settings);
  await prove(keys);
  return keys;
};

const secretKeys = ({ JWT_ALGORITHM, JWT_SECRET_KEY }: KeySettings): JwtKeys => {
  const key = createSecretKey(requiredSecret('JWT_SECRET_KEY', JWT_SECRET_KEY), 'utf8');
  return { algorithm: JWT_ALGORITHM, signing: key, verification: key };
};

const keyPair = async (settings: KeySettings): Promise<JwtKeys> => {
  const { JWT_ALGORITHM, JWT_PRIVATE_KEY_PATH, JWT_PUBLIC_KEY_PATH } = settings;
  const signing = JWT_PRIVATE_KEY_PATH
    ? await readKey('JWT_PRIVATE_KEY_PATH', JWT_PRIVATE_KEY_PATH, createPrivateKey)
    : null;
  const verification = JWT_PUBLIC_KEY_PATH
    ? await readKey('JWT_PUBLIC_KEY_PATH', JWT_PUBLIC_KEY_PATH, createPublicKey)
    : signing && createPublicKey(signing);
  if (verification === null) {
    throw fail('config.invalid', {
      message: `JWT_ALGORITHM=${JWT_ALGORITHM} needs JWT_PRIVATE_KEY_PATH or JWT_PUBLIC_KEY_PATH`,
    });
  }
  return { algorithm: JWT_ALGORITHM, signing, verification };
};

const readKey = async (name: string, path: string, create: (pem: Buffer) => KeyObject): Promise<KeyObject> => {
  try {
    return create(await readFile(path));
  } catch (cause) {
    throw fail('config.invalid', { message: `${name} is not a readable PEM key`, cause });
  }
};

const prove = async ({ algorithm, signing, verification }: JwtKeys): Promise<void> => {
  try {
    if (signing === null) return await proveAlone(algorithm, verification);
    const token = await new SignJWT({}).setProtectedHeader({ alg: algorithm }).sign(signing);
    await jwtVerify(token, verification, { algorithms: [algorithm] });
  } catch (cause) {
    throw fail('config.invalid', {
      message: `The JWT keys do not fit each other or JWT_ALGORITHM=${algorithm}`,
      cause,
    });
  }
};

/** A key that fits finds the signature wrong; one that does not fit never gets that far. */
const proveAlone = async (algorithm: string, verification: KeyObject): Promise<void> => {
  const header = Buffer.from(JSON.stringify({ alg: algorithm })).toString('base64url');
  try {
    await jwtVerify(`${header}.e30.AAAA`, verification, { algorithms: [algorithm] });
  } catch (error) {
    if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
  }
};
