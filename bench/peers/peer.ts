import { ChildServer } from '#libs/testing';
import type { Era } from '../scenario.js';
import type { Subject } from '../subject/subject.js';

/** Another program that stands between a client and an MCP server, at a pinned version. */
export interface Peer {
  readonly name: string;
  /** As its package manager calls it, with the version. */
  readonly source: string;
  readonly eras: readonly Era[];
  /** What is missing on this machine; null: nothing. */
  lacks(): string | null;
  /** Into an empty folder of its own; rejects with what its package manager said. */
  install(folder: string): Promise<void>;
  /** In front of the upstream, as it comes: without authentication where it can be without. */
  start(folder: string, upstreamUrl: string): Promise<PeerSubject>;
}

export type PeerSubject = Pick<Subject, 'urls' | 'token' | 'pids' | 'stop'> & {
  /** What stands before the upstream's names of tools. */
  readonly toolPrefix: string;
};

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly readyWithinMs?: number;
  /** Rejects until it takes calls. */
  readonly probe: () => Promise<void>;
}

export const startProgram = async ({ env = {}, ...program }: Program): Promise<ChildServer> => {
  const { PATH = '' } = process.env;
  const server = new ChildServer({ readyWithinMs: 60_000, ...program, env: { PATH, HOME: program.cwd, ...env } });
  await server.start();
  return server;
};

/** For a probe: something answers there over HTTP, whatever it says. */
export const answersAt = (url: string) => async (): Promise<void> => {
  await fetch(url, { signal: AbortSignal.timeout(2_000) }).then((response) => response.body?.cancel());
};
