import { fail, GatewayError } from '#libs/errors';
import {
  GRPC_LIMITS,
  GRPC_OK,
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
  private bytes = 0;

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
          throw invalid(`it does not describe ${wanted[index]}: ${answer.message.slice(0, 200)}`);
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
      const imports = [...this.files.values()].flatMap((file) => nameAndImports(file).imports);
      const missing = [...new Set(imports)].filter((name) => !this.files.has(name) && !asked.has(name));
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
      const { name } = nameAndImports(file);
      if (this.files.has(name)) continue;
      this.files.set(name, file);
      this.bytes += file.length;
      const { descriptorBytesMax, filesMax } = GRPC_LIMITS;
      if (this.bytes > descriptorBytesMax || this.files.size > filesMax) {
        throw fail('upstream.too_large', {
          message: `The server describes itself in more than ${filesMax} files or ${descriptorBytesMax} bytes`,
          executed: 'no',
        });
      }
    }
  }

  private async ask(questions: readonly ReflectionQuestion[]): Promise<ReflectionAnswer[]> {
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

  private async askAt(path: string, questions: readonly ReflectionQuestion[]): Promise<ReflectionAnswer[]> {
    const messages = await this.exchange(path, questions.map(reflectionRequest));
    if (messages.length !== questions.length)
      throw invalid(`it answers ${messages.length} of ${questions.length} questions of reflection`);
    try {
      return messages.map(reflectionAnswer);
    } catch {
      throw invalid('its reflection answers something else than is asked');
    }
  }

  private exchange(path: string, messages: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const held = heldBytes.claim('documents');
      const received: Uint8Array[] = [];
      let bytes = 0;
      const end = (tell: () => void): void => {
        clearTimeout(timer);
        held.release();
        tell();
      };
      const timeoutMs = Math.max(1, this.deadlineAtMs - performance.now());
      const { headers } = this.access;
      const collector = this.sender.send(
        { path, messages, headers, timeoutMs },
        {
          held,
          received: (message) => {
            received.push(Uint8Array.from(message));
            bytes += message.length;
            collector.keeps(bytes);
            if (bytes <= GRPC_LIMITS.descriptorBytesMax) return;
            collector.abandon();
            end(() =>
              reject(
                fail('upstream.too_large', {
                  message: 'The server describes itself at too great length',
                  executed: 'no',
                }),
              ),
            );
          },
          ended: (status) => end(() => (status.code === GRPC_OK ? resolve(received) : reject(this.failureOf(status)))),
          failed: (error) => end(() => reject(error)),
        },
      );
      const timer = setTimeout(() => {
        collector.abandon();
        end(() =>
          reject(fail('upstream.timed_out', { message: 'The server did not say in time what it has', executed: 'no' })),
        );
      }, timeoutMs);
    });
  }

  private failureOf({ code, message }: GrpcStatus): Error {
    if (code === GRPC_UNIMPLEMENTED) return new NoReflection();
    const name = statusName(code);
    if (name === 'UNAUTHENTICATED' || name === 'PERMISSION_DENIED')
      return fail('upstream.unauthorised', { message: `The server lets nobody in: ${name}`, executed: 'no' });
    return invalid(`its reflection fails: ${name} ${message.slice(0, 200)}`);
  }
}

class NoReflection extends Error {}

const invalid = (reason: string): GatewayError =>
  fail('upstream.invalid_answer', { message: `The gRPC server cannot be read: ${reason}`, executed: 'no' });

const FILE_TAG = 0x0a;

/** A `FileDescriptorSet` is its files, each behind its length. */
const setOf = (files: readonly Uint8Array[]): Buffer =>
  Buffer.concat(files.flatMap((file) => [Buffer.from([FILE_TAG, ...varint(file.length)]), file]));

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
