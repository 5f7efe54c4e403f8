import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Bus, InjectBus, type Subscription } from '#libs/bus';
import { LeaseParkedCall, ContinueCall, ExecuteCall } from '#contracts/tool-invocation/execute-call.request';
import { CallService } from '../execution/call.service.js';

/** Where calls come in: past Nest's pipeline of guards, pipes and streams, which every call would pay for. */
@Injectable()
export class CallIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private answering: Subscription[] = [];

  constructor(
    @InjectBus() private readonly bus: Bus,
    private readonly calls: CallService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.answering = [
      this.bus.answer(ExecuteCall, (call, context) => this.calls.execute(call, context)),
      this.bus.answer(ContinueCall, (request, context) => this.calls.resume(request, context)),
      this.bus.answer(LeaseParkedCall, (request, context) => this.calls.lease(request, context)),
    ];
    await this.bus.flush();
  }

  beforeApplicationShutdown(): void {
    for (const subscription of this.answering) subscription.close();
  }
}
