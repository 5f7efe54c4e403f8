import { isObject } from '#libs/mcp';
import { type Json, memberOf, stringOf } from '../json.js';
import { REFERENCE_HOPS_MAX } from './limits.js';

/** Why one operation, or one schema, cannot be used, while the rest of the document can. */
export class Unusable extends Error {
  override readonly name = 'Unusable';

  constructor(
    message: string,
    /** Of the schemas that were looked at to find that out. */
    readonly chars = 0,
  ) {
    super(message);
  }
}

/** A value of the document and where it stands. */
export interface Found {
  readonly value: unknown;
  /** A JSON pointer from the root, `#/…`. */
  readonly pointer: string;
}

const TEXT_MAX = 200;

/**
 * The references of one document. Those that lead out of it are never followed, neither to a file nor over the network.
 * https://spec.openapis.org/oas/v3.2.0#reference-object
 */
export class References {
  /** What the document calls itself, so that a reference by its full name stays inside. */
  readonly #selves: readonly string[];
  #detours = 0;

  constructor(
    private readonly root: Json,
    documentUrl?: string,
  ) {
    this.#selves = [stringOf(root['$self']), documentUrl].filter(
      (self) => self !== undefined && self !== '',
    ) as string[];
  }

  /** The pointer that a `$ref` names. Throws `Unusable` where it leads out of the document. */
  pointerOf(reference: string): string {
    const hash = reference.indexOf('#');
    const before = hash < 0 ? reference : reference.slice(0, hash);
    if (before !== '' && !this.#selves.includes(before)) {
      throw new Unusable(
        `it refers to another document (${reference.slice(0, TEXT_MAX)}); only references within the document are followed`,
      );
    }
    const fragment = hash < 0 ? '' : reference.slice(hash + 1);
    if (fragment !== '' && !fragment.startsWith('/')) {
      throw new Unusable(`its reference "${reference.slice(0, TEXT_MAX)}" is not a JSON pointer`);
    }
    return `#${decoded(fragment)}`;
  }

  /** The value at a pointer. Throws `Unusable` where there is none. */
  at(pointer: string): unknown {
    let value: unknown = this.root;
    for (const segment of pointer.slice(1).split('/').slice(1)) {
      const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
      value = Array.isArray(value) ? value[Number(key)] : this.#through(value, key);
      if (value === undefined) throw new Unusable(`its reference "${pointer.slice(0, TEXT_MAX)}" leads nowhere`);
    }
    return value;
  }

  /** Some published documents point through a reference: `#/components/schemas/A/properties/b`, where A is a `$ref`. */
  #through(value: unknown, key: string): unknown {
    const direct = memberOf(value, key);
    if (direct !== undefined || typeof memberOf(value, '$ref') !== 'string') return direct;
    if (this.#detours === REFERENCE_HOPS_MAX) throw new Unusable('its references lead in a circle');
    this.#detours++;
    try {
      return memberOf(this.resolve(value).value, key);
    } finally {
      this.#detours--;
    }
  }

  /** Follows `$ref` until something else stands there. Throws `Unusable` on a cycle and where the way leads nowhere. */
  resolve(value: unknown, pointer = '#'): Found {
    let found: Found = { value, pointer };
    for (let hops = 0; isObject(found.value) && typeof found.value['$ref'] === 'string'; hops++) {
      const reference = found.value['$ref'];
      if (hops === REFERENCE_HOPS_MAX) {
        throw new Unusable(
          `its reference "${reference.slice(0, TEXT_MAX)}" leads in a circle or through too many others`,
        );
      }
      const next = this.pointerOf(reference);
      found = { value: this.at(next), pointer: next };
    }
    return found;
  }

  /** The object that stands there, or that a reference there leads to; an empty one where there is something else. */
  object(value: unknown): Json {
    const { value: found } = this.resolve(value);
    return isObject(found) ? found : {};
  }
}

const decoded = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
};
