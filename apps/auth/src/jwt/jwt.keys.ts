import { type KeyObject, createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SignJWT, errors, jwtVerify } from 'jose';
import { fail } from '#libs/errors';
import { type JwtSettings, requiredSecret } from '../auth.settings.js';

export interface JwtKeys {
  readonly algorithm: JwtSettings['algorithm'];
  /** `null` where this gateway only verifies what somebody else signs. */
  readonly signing: KeyObject | null;
  readonly verification: KeyObject;
}

type KeySettings = Pick<JwtSettings, 'algorithm' | 'secret' | 'privateKeyPath' | 'publicKeyPath'>;

/** Reads the keys and tries them, so that a key of the wrong kind stops the start and not the first caller. */
export const loadJwtKeys = async (settings: KeySettings): Promise<JwtKeys> => {
  const keys = settings.algorithm.startsWith('HS') ? secretKeys(settings) : await keyPair(settings);
  await prove(keys);
  return keys;
};

/** What verifies tokens, as text: for a digest of it. */
export const keyText = ({ verification }: JwtKeys): string =>
  verification.type === 'secret'
    ? verification.export().toString('base64')
    : verification.export({ type: 'spki', format: 'pem' }).toString();

const secretKeys = ({ algorithm, secret }: KeySettings): JwtKeys => {
  const key = createSecretKey(requiredSecret('JWT_SECRET_KEY', secret), 'utf8');
  return { algorithm, signing: key, verification: key };
};

const keyPair = async (settings: KeySettings): Promise<JwtKeys> => {
  const { algorithm, privateKeyPath, publicKeyPath } = settings;
  const signing = privateKeyPath ? await readKey('JWT_PRIVATE_KEY_PATH', privateKeyPath, createPrivateKey) : null;
  const verification = publicKeyPath
    ? await readKey('JWT_PUBLIC_KEY_PATH', publicKeyPath, createPublicKey)
    : signing && createPublicKey(signing);
  if (verification === null) {
    throw fail('config.invalid', {
      message: `JWT_ALGORITHM=${algorithm} needs JWT_PRIVATE_KEY_PATH or JWT_PUBLIC_KEY_PATH`,
    });
  }
  return { algorithm, signing, verification };
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
