import { fail, toGatewayError } from '#libs/errors';
import { LEGACY_REVISIONS, MODERN_REVISION, type ServerCodec, errorMessage, eraOf, serverCodec } from '#libs/mcp';
import { refusalHeaders } from '#libs/mcp-http';
import type { Logger } from '#libs/telemetry';
import type { Admission } from '../admission/admission.js';
import type { Answering } from './answering.js';
import type { PlacedCall, WireCall } from '../call/calls.js';
import { decode } from './decode.js';
import { encodeAnswer } from '../forwarding/encode.js';
import type { Forwarder } from '../forwarding/forwarder.js';
import type { Router } from '../routing/router.js';
import type { Seal } from '../sealing/seal.js';

/**
 * The life of a call. The order is law:
 *
 *   decode   first, so that every refusal from here on carries the client's own id, in the client's own revision;
 *   admit    before anything is looked up, so that a stranger never learns which servers and tools there are;
 *   route    from memory: what this caller does not see is not found, in the same words as what is not there;
 *   forward  hands the call on. Up to here a refusal promises that nothing ran, and HTTP says so;
 *            from here on a failure travels inside HTTP 200, with what is known of the execution;
 *   encode   writes the answer in the revision of the client, whatever the upstream speaks.
 */
export class Pipeline {
  constructor(
    private readonly admission: Admission,
    private readonly router: Router,
    private readonly answering: Answering,
    private readonly forwarder: Forwarder,
    private readonly seal: Seal,
    private readonly logger: Logger,
  ) {}

  /** Answers the call; never rejects. */
  async run(wire: WireCall): Promise<void> {
    let codec = presumedCodec(wire);
    try {
      const decoded = decode(wire);
      const admitting = this.admission.admit(decoded);
      const admitted = admitting instanceof Promise ? await admitting : admitting;
      codec = admitted.codec;
      const placing = this.router.place(admitted);
      const placed = placing instanceof Promise ? await placing : placing;
      if (placed.operation.does !== 'call') return await this.answering.answer(placed);
      await this.call(placed);
    } catch (thrown) {
      this.refuse(wire, codec, thrown);
    }
  }

  private async call(placed: PlacedCall): Promise<void> {
    const routing = this.router.route(placed);
    const bound = routing instanceof Promise ? await routing : routing;
    try {
      const settled = await this.forwarder.forward(bound);
      const { message, httpStatus } = encodeAnswer(settled, this.seal);
      placed.reply.finish(message, httpStatus);
    } catch (thrown) {
      throw mayHaveRun(thrown);
    }
  }

  private refuse(wire: WireCall, codec: ServerCodec, thrown: unknown): void {
    if (wire.abort.aborted) return wire.reply.abandon();
    const failure = toGatewayError(thrown);
    if (failure.code === 'platform.internal')
      this.logger.error({ err: failure.cause ?? failure, method: wire.request.method }, 'a call failed');
    const { httpStatus, error } = codec.error(failure);
    wire.reply.finish(errorMessage(wire.request.idText, error), httpStatus, refusalHeaders(failure, httpStatus));
  }
}

/** From the hand-over on, a failure without a name promises nothing. */
const mayHaveRun = (thrown: unknown): unknown => {
  const { code, executed, cause } = toGatewayError(thrown);
  return code === 'platform.internal' && executed === undefined ? fail(code, { executed: 'unknown', cause }) : thrown;
};

/** The revision of a refusal before the session is known. */
const presumedCodec = ({ request, headers, endpoint }: WireCall): ServerCodec =>
  serverCodec(endpoint.face === 'mcp' && eraOf(request, headers) === 'modern' ? MODERN_REVISION : LEGACY_REVISIONS[0]);
