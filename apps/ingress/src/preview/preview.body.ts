import { ToolArgumentsBody } from '../call/index.js';

/** The arguments that a call would have. */
export class PreviewToolBody extends ToolArgumentsBody {}
