import { hash } from 'node:crypto';
import { fail, GatewayError } from '#libs/errors';
import {
  GRPC_LIMITS,
  GRPC_OK,
  GRPC_UNAUTHENTICATED,
  GRPC_UNIMPLEMENTED,
  type GrpcStatus,
  isAboutItself,
  nameAndImports,
  REFLECTION_PATHS,
  reflectionAnswer,
  reflectionRequest,
  type ReflectionAnswer,
  type ReflectionQuestion,
  statusName,
} from '#libs/grpc';
import { heldBytes } from '#libs/resilience';
import type { Access } from '../transport/channel.js';
import type { GrpcSender } from '../transport/grpc/sender.js';

/** The types of `google.rpc.Status` details that servers have at hand, if they have any. */
const ERROR_DETAILS: ReflectionQuestion = { kind: 'file', name: 'google/rpc/error_details.proto' };

/** What a server has: the names of its services, and what it says of those that were asked for. */
export interface Reflected {
  readonly services: readonly string[];
  /** A `google.protobuf.FileDescriptorSet`. */
  readonly descriptorSet: Buffer;
}

/** One look at a server by its reflection service, of the newest version that it has. */
export class Reflection {
  private path: string | undefined;
  private readonly files = new Map<string, Uint8Array>();
  /** What files that have come import. */
  private readonly imports = new Set<string>();
  /** Digests of the files that have come. */
  private readonly seen = new Set<string>();
  /** Of what has come, each file once. */
  private bytes = 0;
  private bytesReceived = 0;
  private isTokenRenewed = false;

  constructor(
    private readonly sender: GrpcSender,
    private readonly access: Access,
    private readonly deadlineAtMs: number,
  ) {}

  /** `chosen`: whole names of services; empty: all. Rejects with `upstream.…`. */
  async describe(chosen: readonly string[]): Promise<Reflected> {
    const [listed] = await this.ask([{ kind: 'services' }]);
    if (listed?.kind !== 'services') throw invalid('it lists no services');
    const services = listed.names.slice(0, GRPC_LIMITS.servicesMax);
    const wanted = chosen.length > 0 ? chosen : services.filter((name) => !isAboutItself(name));
    if (wanted.length > 0) {
      const questions = wanted.map((name): ReflectionQuestion => ({ kind: 'symbol', name }));
      const answers = await this.ask([...questions, ERROR_DETAILS]);
      for (const [index, answer] of answers.entries()) {
        if (answer.kind === 'error' && index < questions.length)
          throw invalid(`it does not describe ${wanted[index]}: ${this.shown(answer.message)}`);
        this.keep(answer);
      }
      await this.completeImports();
    }
    return { services, descriptorSet: setOf([...this.files.values()]) };
  }

  /** Some servers send a file alone, some with those that it imports. */
  private async completeImports(): Promise<void> {
    const asked = new Set<string>();
    for (;;) {
      const missing = [...this.imports].filter((name) => !this.files.has(name) && !asked.has(name));
      if (missing.length === 0) return;
      for (const name of missing) asked.add(name);
      // What the server does not know is missed where it is needed, if it is.
      const answers = await this.ask(missing.map((name): ReflectionQuestion => ({ kind: 'file', name })));
      for (const answer of answers) this.keep(answer);
    }
  }

  private keep(answer: ReflectionAnswer): void {
    if (answer.kind !== 'files') return;
    for (const file of answer.files) {
      const { name, imports } = described(file);
      if (this.files.has(name)) continue;
      this.files.set(name, file);
      for (const each of imports) this.imports.add(each);
    }
  }

  private async ask(questions: readonly ReflectionQuestion[]): Promise<readonly ReflectionAnswer[]> {
    if (this.path !== undefined) return this.askAt(this.path, questions);
    for (const path of REFLECTION_PATHS) {
      try {
        const answers = await this.askAt(path, questions);
        this.path = path;
        return answers;
      } catch (error) {
        if (!(error instanceof NoReflection)) throw error;
      }
    }
    throw invalid('it has no reflection: hand its descriptors over instead');
  }

  private async askAt(path: string, questions: readonly ReflectionQuestion[]): Promise<readonly ReflectionAnswer[]> {
    const { tokenId, renew } = this.access;
    let { status, answers } = await this.exchange(path, questions);
    const isRefused = status.code === GRPC_UNAUTHENTICATED && answers.length === 0;
    if (isRefused && tokenId !== undefined && !this.isTokenRenewed) {
      this.isTokenRenewed = true;
      if (await renew?.(tokenId)) ({ status, answers } = await this.exchange(path, questions));
    }
    if (status.code !== GRPC_OK) throw this.failureOf(status);
    if (answers.length !== questions.length)
      throw invalid(`it answers ${answers.length} of ${questions.length} questions of reflection`);
    return answers;
  }

  private exchange(path: string, questions: readonly ReflectionQuestion[]): Promise<Exchanged> {
    return new Promise((resolve, reject) => {
      const held = heldBytes.claim('documents');
      const answers: ReflectionAnswer[] = [];
      const end = (tell: () => void): void => {
        clearTimeout(timer);
        held.release();
        tell();
      };
      const stop = (error: unknown): void => {
        collector.abandon();
        end(() => reject(error));
      };
      const timeoutMs = Math.max(1, this.deadlineAtMs - performance.now());
      const { headers } = this.access;
      const collector = this.sender.send(
        { path, messages: questions.map(reflectionRequest), headers, timeoutMs },
        {
          held,
          received: (message) => {
            try {
              if (answers.length === questions.length) throw invalid('it answers more than it is asked');
              answers.push(this.taken(message));
              collector.keeps(this.bytes);
            } catch (error) {
              stop(error);
            }
          },
          ended: (status) => end(() => resolve({ status, answers })),
          failed: (error) => end(() => reject(error)),
        },
      );
      const timer = setTimeout(
        () =>
          stop(fail('upstream.timed_out', { message: 'The server did not say in time what it has', executed: 'no' })),
        timeoutMs,
      );
    });
  }

  /** An answer without the files that have come before: some servers send what a file imports with each that imports it. */
  private taken(message: Uint8Array): ReflectionAnswer {
    this.bytesReceived += message.length;
    const answer = answerIn(message);
    if (answer.kind !== 'files') {
      this.bytes += message.length;
      this.assertWithinLimits();
      return answer;
    }
    const files: Uint8Array[] = [];
    for (const file of answer.files) {
      const digest = hash('sha256', file, 'base64');
      if (this.seen.has(digest)) continue;
      this.seen.add(digest);
      this.bytes += file.length;
      files.push(Uint8Array.from(file));
    }
    this.assertWithinLimits();
    return { kind: 'files', files };
  }

  private assertWithinLimits(): void {
    const { descriptorBytesMax, filesMax, reflectedBytesMax } = GRPC_LIMITS;
    if (this.bytes <= descriptorBytesMax && this.seen.size <= filesMax && this.bytesReceived <= reflectedBytesMax)
      return;
    throw fail('upstream.too_large', {
      message: `The server describes itself in more than ${filesMax} files or ${descriptorBytesMax} bytes, or sends more than ${reflectedBytesMax} bytes to do so`,
      executed: 'no',
    });
  }

  private failureOf({ code, message }: GrpcStatus): Error {
    if (code === GRPC_UNIMPLEMENTED) return new NoReflection();
    const name = statusName(code);
    if (name === 'UNAUTHENTICATED' || name === 'PERMISSION_DENIED')
      return fail('upstream.unauthorised', { message: `The server lets nobody in: ${name}`, executed: 'no' });
    if (name === 'UNAVAILABLE')
      return fail('upstream.unreachable', {
        message: `The server answers UNAVAILABLE: ${this.shown(message)}`,
        executed: 'no',
      });
    return invalid(`its reflection fails: ${name} ${this.shown(message)}`);
  }

  /** What a server says, without what it was shown. */
  private shown(message: string): string {
    return this.access.redact(message).slice(0, 200);
  }
}

interface Exchanged {
  readonly status: GrpcStatus;
  readonly answers: readonly ReflectionAnswer[];
}

class NoReflection extends Error {}

const answerIn = (message: Uint8Array): ReflectionAnswer => {
  try {
    return reflectionAnswer(message);
  } catch {
    throw invalid('its reflection answers something else than is asked');
  }
};

const described = (file: Uint8Array): ReturnType<typeof nameAndImports> => {
  try {
    return nameAndImports(file);
  } catch {
    throw invalid('its reflection gives something else than files');
  }
};

const invalid = (reason: string): GatewayError =>
  fail('upstream.invalid_answer', { message: `The gRPC server cannot be read: ${reason}`, executed: 'no' });

const FILE_TAG = 0x0a;

/** A `FileDescriptorSet` is its files, each behind its length. */
const setOf = (files: readonly Uint8Array[]): Buffer =>
  Buffer.concat(files.flatMap((file) => [Buffer.from([FILE_TAG, ...varint(file.length)]), file]));

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
