import { type KeyObject, createHmac, createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SignJWT, calculateJwkThumbprint, errors, jwtVerify } from 'jose';
import { fail } from '#libs/errors';
import { type JwtSettings, requiredSecret } from '../auth.settings.js';

/** A key that tokens are accepted by. */
export interface VerificationKey {
  /** What tokens that it verifies name as `kid`. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface JwtKeys {
  readonly algorithm: JwtSettings['algorithm'];
  /** `null` where this gateway only verifies what somebody else signs. */
  readonly signing: KeyObject | null;
  /** The first is the other half of the one that signs. */
  readonly verification: readonly [VerificationKey, ...VerificationKey[]];
}

type KeySettings = Pick<
  JwtSettings,
  'algorithm' | 'secret' | 'formerSecrets' | 'privateKeyPath' | 'publicKeyPath' | 'formerPublicKeyPaths'
>;

interface LoadedKeys {
  readonly signing: KeyObject | null;
  readonly current: KeyObject;
  readonly former: readonly KeyObject[];
}

/** Reads the keys and tries them, so that a key of the wrong kind stops the start and not the first caller. */
export const loadJwtKeys = async (settings: KeySettings): Promise<JwtKeys> => {
  const { algorithm } = settings;
  const { signing, current, former } = algorithm.startsWith('HS') ? secretKeys(settings) : await keyPair(settings);
  await prove(algorithm, signing, current);
  for (const key of former) await prove(algorithm, null, key);
  const [first, ...others] = await Promise.all([named(current), ...former.map(named)]);
  return { algorithm, signing, verification: [first, ...others] };
};

/** What verifies tokens, as texts: for digests of them. */
export const keyTexts = ({ verification }: JwtKeys): readonly string[] => verification.map(({ key }) => textOf(key));

const textOf = (key: KeyObject): string =>
  key.type === 'secret' ? key.export().toString('base64') : key.export({ type: 'spki', format: 'pem' }).toString();

/** Of a secret, which must be strong, nothing can be had from its id. https://www.rfc-editor.org/rfc/rfc7638 */
const named = async (key: KeyObject): Promise<VerificationKey> => {
  if (key.type !== 'secret') return { id: await calculateJwkThumbprint(key), key };
  const id = createHmac('sha256', key).update('switchyard jwt key id').digest('base64url').slice(0, ID_CHARS);
  return { id, key };
};

const ID_CHARS = 16;

const secretKeys = ({ secret, formerSecrets }: KeySettings): LoadedKeys => {
  const current = createSecretKey(requiredSecret('JWT_SECRET_KEY', secret), 'utf8');
  return { signing: current, current, former: formerSecrets.map((former) => createSecretKey(former, 'utf8')) };
};

const keyPair = async (settings: KeySettings): Promise<LoadedKeys> => {
  const { algorithm, privateKeyPath, publicKeyPath, formerPublicKeyPaths } = settings;
  const signing = privateKeyPath ? await readKey('JWT_PRIVATE_KEY_PATH', privateKeyPath, createPrivateKey) : null;
  const current = publicKeyPath
    ? await readKey('JWT_PUBLIC_KEY_PATH', publicKeyPath, createPublicKey)
    : signing && createPublicKey(signing);
  if (current === null) {
    throw fail('config.invalid', {
      message: `JWT_ALGORITHM=${algorithm} needs JWT_PRIVATE_KEY_PATH or JWT_PUBLIC_KEY_PATH`,
    });
  }
  const former = formerPublicKeyPaths.map((path) => readKey('JWT_PUBLIC_KEY_PATH_PREVIOUS', path, createPublicKey));
  return { signing, current, former: await Promise.all(former) };
};

const readKey = async (name: string, path: string, create: (pem: Buffer) => KeyObject): Promise<KeyObject> => {
  try {
    return create(await readFile(path));
  } catch (cause) {
    throw fail('config.invalid', { message: `${name} is not a readable PEM key`, cause });
  }
};

const prove = async (
  algorithm: JwtSettings['algorithm'],
  signing: KeyObject | null,
  verification: KeyObject,
): Promise<void> => {
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
