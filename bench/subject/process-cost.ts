import fs from 'node:fs';

/** What some processes have used of the machine, their descendants included. */
export interface ProcessCost {
  /** User and system time of node and nats-server processes, all their threads. */
  readonly gatewayCpuMs: number;
  /** The same of PostgreSQL and Redis. */
  readonly storesCpuMs: number;
  /** Resident memory of node and nats-server processes. */
  readonly gatewayRssBytes: number;
  /** Of PostgreSQL and Redis; what its processes share counts once. */
  readonly storesBytes: number;
}

const STORES = new Set(['postgres', 'redis-server']);
/** USER_HZ is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly cpuMs: number;
  readonly rssBytes: number;
}

const readStat = (pid: string): Stat | null => {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  const command = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // utime, stime, and of the children that have ended cutime and cstime: fields 14 to 17, counted from 1.
  const cpuMs = [11, 12, 13, 14].reduce((sum, at) => sum + (fields[at] as number), 0) * MS_PER_TICK;
  return {
    pid: Number(pid),
    parent: fields[1] as number,
    command,
    cpuMs,
    rssBytes: (fields[21] as number) * PAGE_BYTES,
  };
};

/** The processes and all that they have started. */
const familyOf = (roots: readonly number[]): Stat[] => {
  const all = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readStat(pid) ?? []);
  const within = new Set(roots);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of all) {
      if (!within.has(parent) || within.has(pid)) continue;
      within.add(pid);
      grown = true;
    }
  }
  return all.filter(({ pid }) => within.has(pid));
};

const sum = (stats: readonly Stat[], value: (stat: Stat) => number): number =>
  stats.reduce((total, stat) => total + value(stat), 0);

export const costOf = (roots: readonly number[]): ProcessCost => {
  const family = familyOf(roots);
  const stores = family.filter(({ command }) => STORES.has(command));
  const gateway = family.filter(({ command }) => !STORES.has(command));
  return {
    gatewayCpuMs: sum(gateway, ({ cpuMs }) => cpuMs),
    storesCpuMs: sum(stores, ({ cpuMs }) => cpuMs),
    gatewayRssBytes: sum(gateway, ({ rssBytes }) => rssBytes),
    storesBytes: sum(stores, ({ pid }) => shareOf(pid)),
  };
};

/** Its own memory and its part of what it shares with others. */
const shareOf = (pid: number): number => {
  try {
    const rollup = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
};

/** Resident memory of one process, its children left out. */
export const rssOf = (pid: number): number => {
  try {
    return Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
};
