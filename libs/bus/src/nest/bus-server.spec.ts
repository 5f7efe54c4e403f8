import 'reflect-metadata';
import { Controller, type INestMicroservice, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { afterEach, describe, expect, it } from 'vitest';
import { type PayloadOf, type ReplyOf, type RequestOf, defineEvent, defineRequest } from '#libs/contracts';
import { type GatewayError, fail } from '#libs/errors';
import { Answers, type Bus, BusServer, type CallContext, Ctx, Subscribes, LocalBus, WithBody } from '../index.js';

const Greet = defineRequest<{ name: string }, { greeting: string }, { step: number }>('registry', 'name.greet', {
  deadlineMs: 2_000,
});
const Refuse = defineRequest<{ named: boolean }, never>('auth', 'caller.refuse', { deadlineMs: 2_000 });
const Renamed = defineEvent<{ name: string }>('registry', 'name.changed');

@Injectable()
class Greetings {
  readonly heard: string[] = [];

  greet(name: string): string {
    return `Hello ${name}`;
  }
}

@Controller()
class GreetingController {
  constructor(private readonly greetings: Greetings) {}

  @Answers(Greet)
  async greet(
    @Payload() { name }: RequestOf<typeof Greet>,
    @Ctx() call: CallContext<{ step: number }>,
  ): Promise<WithBody<ReplyOf<typeof Greet>>> {
    await call.send({ step: 1 });
    return new WithBody({ greeting: this.greetings.greet(name) }, `${call.callId} ${call.body}`);
  }

  @Subscribes(Renamed)
  hear(@Payload() { name }: PayloadOf<typeof Renamed>): void {
    this.greetings.heard.push(`${name} by all`);
  }

  @Subscribes(Renamed, { group: 'registry-cache' })
  hearAsOne(@Payload() { name }: PayloadOf<typeof Renamed>): void {
    this.greetings.heard.push(`${name} by one`);
  }
}

/** Never served: that it compiles at all is the test. */
class WrongShapes {
  // @ts-expect-error a handler whose reply has another shape does not compile
  @Answers(Greet)
  async wrongReply(_request: { name: string }): Promise<{ salute: string }> {
    return { salute: '' };
  }

  // @ts-expect-error nor one that wants another request
  @Answers(Greet)
  async wrongRequest(_request: { surname: string }): Promise<{ greeting: string }> {
    return { greeting: '' };
  }

  // @ts-expect-error nor a listener of another event
  @Subscribes(Renamed)
  wrongEvent(_payload: { revision: number }): void {}
}

@Controller()
class RefusalController {
  @Answers(Refuse)
  async refuse(@Payload() { named }: RequestOf<typeof Refuse>): Promise<never> {
    if (named)
      throw fail('auth.grant_missing', {
        message: 'tools.read is missing',
        data: { permission: 'tools.read' },
        executed: 'no',
      });
    throw new Error('the password is hunter2');
  }
}

@Module({ controllers: [RefusalController] })
class AuthModule {}

@Module({ controllers: [GreetingController], providers: [Greetings], exports: [Greetings] })
class RegistryModule {}

@Module({ imports: [RegistryModule, AuthModule] })
class EverythingModule {}

describe('BusServer', () => {
  it('BusServer takes no handler of another shape than its contract', () => {
    expect(Object.getOwnPropertyNames(WrongShapes.prototype)).toHaveLength(4);
  });

  let app: INestMicroservice | undefined;

  const givenApp = async (
    broker: LocalBus,
    module: Type = EverythingModule,
    nameFailure?: (thrown: unknown) => GatewayError | null,
  ): Promise<{ asker: Bus; app: INestMicroservice }> => {
    app = await NestFactory.createMicroservice(module, {
      strategy: new BusServer(broker.join('switchyard'), nameFailure),
      logger: false,
    });
    await app.listen();
    return { asker: broker.join('ingress'), app };
  };

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  it('BusServer serves the controllers of several owners in one process, with frames and body', async () => {
    const { asker } = await givenApp(new LocalBus());
    const steps: number[] = [];

    const answer = await asker.ask(
      Greet,
      { name: 'Ada' },
      { body: 'b', callId: 'c', onFrame: ({ head }) => void steps.push(head.step) },
    );

    expect(answer).toMatchObject({ head: { greeting: 'Hello Ada' }, body: 'c b' });
    expect(steps).toEqual([1]);
  });

  it('BusServer passes named failures on whole', async () => {
    const { asker } = await givenApp(new LocalBus());

    await expect(asker.ask(Refuse, { named: true })).rejects.toMatchObject({
      code: 'auth.grant_missing',
      message: 'tools.read is missing',
      data: { permission: 'tools.read' },
      executed: 'no',
    });
  });

  it('BusServer logs the cause of a nameless failure and does not send it', async () => {
    const lines: unknown[] = [];
    const logger = { error: (line: unknown) => lines.push(line) };
    const { asker } = await givenApp(new LocalBus({ logger: logger as never }));

    const asking = asker.ask(Refuse, { named: false });

    await expect(asking).rejects.toMatchObject({
      code: 'platform.internal',
      message: 'Internal error',
      data: undefined,
    });
    expect(lines).toMatchObject([{ err: { message: 'the password is hunter2' }, subject: Refuse.subject }]);
  });

  it('BusServer names a nameless failure when it is told how', async () => {
    const { asker } = await givenApp(new LocalBus(), EverythingModule, (thrown) =>
      thrown instanceof Error && thrown.message.includes('hunter2') ? fail('platform.not_ready') : null,
    );

    await expect(asker.ask(Refuse, { named: false })).rejects.toMatchObject({ code: 'platform.not_ready' });
    await expect(asker.ask(Refuse, { named: true })).rejects.toMatchObject({ code: 'auth.grant_missing' });
  });

  it('BusServer subscribes to events, in a group and without', async () => {
    const { asker, app } = await givenApp(new LocalBus());

    asker.publish(Renamed, { name: 'x' });
    await asker.flush();
    await asker.flush();

    expect(app.get(Greetings, { strict: false }).heard.sort()).toEqual(['x by all', 'x by one']);
  });

  it('BusServer stops answering when the app closes', async () => {
    const { asker, app } = await givenApp(new LocalBus());

    await app.close();

    await expect(asker.ask(Greet, { name: 'Ada' })).rejects.toMatchObject({ code: 'bus.no_responders' });
  });

  it('BusServer refuses a contract that is answered twice', async () => {
    @Controller()
    class Another {
      @Answers(Refuse)
      async refuse(): Promise<never> {
        throw fail('auth.unavailable');
      }
    }
    @Module({ imports: [AuthModule], controllers: [Another] })
    class TwiceModule {}

    await expect(givenApp(new LocalBus(), TwiceModule)).rejects.toThrow(/answered twice/);
  });
});
