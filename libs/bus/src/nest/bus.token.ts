import { Inject } from '@nestjs/common';

export const BUS = Symbol('BUS');
export const InjectBus = (): ParameterDecorator & PropertyDecorator => Inject(BUS);
