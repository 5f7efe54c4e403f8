import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** Where this host keeps what it says about names itself. */
export interface LocalFiles {
  readonly hosts: string;
  /** Not on every system; then there is no search list. */
  readonly resolvConf: string;
}

export const SYSTEM_FILES: LocalFiles = {
  hosts:
    process.platform === 'win32'
      ? `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
      : '/etc/hosts',
  resolvConf: '/etc/resolv.conf',
};

const REREAD_MS = 5_000;
const NDOTS_MAX = 15;
const LOOPBACK = ['127.0.0.1', '::1'];

interface Read {
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly search: readonly string[];
  readonly ndots: number;
  readonly atMs: number;
}

/**
 * What the host itself knows of names: its hosts file, and the search list for short ones (Kubernetes and Compose reach
 * services by it). Read by hand, because asking the system for it takes a thread of the pool that a sick name server holds.
 * https://man7.org/linux/man-pages/man5/resolv.conf.5.html
 */
export class LocalNames {
  private read: Read | undefined;

  constructor(private readonly files: LocalFiles = SYSTEM_FILES) {}

  /** The addresses of the hosts file, or of `localhost`, which no name server is asked for (RFC 6761, 6.3). */
  addressesOf(name: string): readonly string[] | undefined {
    const bare = name.replace(/\.$/, '').toLowerCase();
    return this.current.hosts.get(bare) ?? (/(?:^|\.)localhost$/.test(bare) ? LOOPBACK : undefined);
  }

  /** The names to ask for in turn, in the order the system would. */
  candidatesOf(name: string): readonly string[] {
    if (name.endsWith('.')) return [name.slice(0, -1)];
    const { search, ndots } = this.current;
    const searched = search.map((domain) => `${name}.${domain}`);
    const dots = name.split('.').length - 1;
    return dots >= ndots ? [name, ...searched] : [...searched, name];
  }

  private get current(): Read {
    const nowMs = performance.now();
    if (this.read === undefined || nowMs - this.read.atMs > REREAD_MS) {
      const { hosts, resolvConf } = this.files;
      this.read = { hosts: hostsOf(textOf(hosts)), ...searchOf(textOf(resolvConf)), atMs: nowMs };
    }
    return this.read;
  }
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const wordsOf = (line: string): string[] =>
  line
    .replace(/[#;].*$/, '')
    .trim()
    .split(/\s+/);

const hostsOf = (text: string): ReadonlyMap<string, readonly string[]> => {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = wordsOf(line);
    if (isIP(address) === 0) continue;
    for (const name of names.map((each) => each.toLowerCase())) {
      const known = hosts.get(name);
      if (known === undefined) hosts.set(name, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
};

const searchOf = (text: string): { search: readonly string[]; ndots: number } => {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = wordsOf(line);
    if (keyword === 'search' || keyword === 'domain')
      search = values.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
    if (keyword !== 'options') continue;
    for (const [, given] of values.map((value) => /^ndots:(\d+)$/.exec(value) ?? []))
      if (given !== undefined) ndots = Math.min(Number(given), NDOTS_MAX);
  }
  return { search, ndots };
};
