import { Inject } from '@nestjs/common';

/** The injection token of the process' `Bus`. */
export const BUS = Symbol('BUS');
/** Injects the process' `Bus`. */
export const InjectBus = (): ParameterDecorator & PropertyDecorator => Inject(BUS);
