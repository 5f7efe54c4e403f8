export { WithBody } from './port.js';
export type {
  AbortListener,
  Abortable,
  Answer,
  AskOptions,
  Body,
  Bus,
  CallContext,
  DrainOptions,
  Handler,
  SubscribeOptions,
  Message,
  SkewedClock,
  Subscription,
} from './port.js';
export { hedgedAsk } from './flow/hedged-ask.js';
export { SlotMap } from './flow/slot-map.js';
export type { Slotted } from './flow/slot-map.js';
export { LocalBus } from './local/local-bus.js';
export type { LocalBusOptions } from './local/local-broker.js';
export { connectNats } from './nats/connect.js';
export type { NatsOptions } from './nats/connect.js';
export { natsPermissions } from './nats-permissions.js';
export type { NatsPermissions, Topology } from './nats-permissions.js';
export { Answers } from './nest/answers.decorator.js';
export { BusServer } from './nest/bus-server.js';
export { BUS, InjectBus } from './nest/bus.token.js';
export { Subscribes } from './nest/subscribes.decorator.js';
export { Ctx } from '@nestjs/microservices';
