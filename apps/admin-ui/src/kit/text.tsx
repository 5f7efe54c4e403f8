/** Times and amounts as they are read. */
import { useSyncExternalStore } from 'react';

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const TICK_MS = 15_000;

const clock = {
  nowMs: Date.now(),
  timer: undefined as ReturnType<typeof setInterval> | undefined,
  watchers: new Set<() => void>(),
};

const watchClock = (watcher: () => void): (() => void) => {
  if (clock.watchers.size === 0) {
    clock.nowMs = Date.now();
    clock.timer = setInterval(() => {
      clock.nowMs = Date.now();
      for (const tell of clock.watchers) tell();
    }, TICK_MS);
  }
  clock.watchers.add(watcher);
  return () => {
    clock.watchers.delete(watcher);
    if (clock.watchers.size === 0) clearInterval(clock.timer);
  };
};

/** One clock for all times of a page, however many there are. */
const useNow = (): number => useSyncExternalStore(watchClock, () => clock.nowMs);

/** How long ago, with the exact time at hand. */
export const Time = ({ at }: { readonly at: string | null | undefined }) => {
  const nowMs = useNow();
  if (at === null || at === undefined) return <span className="quiet">never</span>;
  const distanceMs = new Date(at).getTime() - nowMs;
  const [unit, unitMs] = UNITS.find(([, ms]) => Math.abs(distanceMs) >= ms) ?? ['second', 1_000];
  return (
    <time dateTime={at} title={absolute.format(new Date(at))} className="num">
      {Math.abs(distanceMs) < TICK_MS ? 'just now' : relative.format(Math.trunc(distanceMs / unitMs), unit)}
    </time>
  );
};

/** Milliseconds in three digits or so, with their unit. */
export const duration = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
};

/** A value of somebody else's as text: a text as it is, all else as JSON. */
export const plain = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** What a form holds, by the names of its fields. Files are left out. */
export const fieldsOf = (form: HTMLFormElement): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...new FormData(form)].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

/** `1 tool`, `3 tools`. */
export const count = (amount: number, noun: string, plural = `${noun}s`): string =>
  `${amount.toLocaleString('en')} ${amount === 1 ? noun : plural}`;
