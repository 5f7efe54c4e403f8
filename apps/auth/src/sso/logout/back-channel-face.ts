import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { fail, toGatewayError } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { RawHttp } from '#libs/service';
import { openAct } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { AddressCounter } from '../../rest/address-counter.js';
import { readBody } from '../../rest/read-body.js';
import { LogoutService } from './logout.service.js';

const PATH = /^\/auth\/sso\/backchannel-logout\/([a-z0-9-]{1,64})$/;
const PER_MINUTE_MAX = 600;

/**
 * Where a provider says that somebody has logged out there: a form, which REST does not read. Their sessions that began with
 * it end everywhere. https://openid.net/specs/openid-connect-backchannel-1_0.html
 */
@Injectable()
export class BackChannelFace implements OnModuleInit {
  private readonly asked = new AddressCounter(PER_MINUTE_MAX, 'log-outs', 'Too many log-outs come from this address');

  constructor(
    private readonly logouts: LogoutService,
    private readonly raw: RawHttp,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.raw.mount((request, response) => this.handle(request, response), 'sso-logout');
  }

  private handle(request: IncomingMessage, response: ServerResponse): boolean {
    const id = PATH.exec((request.url ?? '').split('?', 1)[0] ?? '')?.[1];
    if (id === undefined) return false;
    openAct(() => this.answer(request, response, id)).catch((error: unknown) => this.refuse(response, error, id));
    return true;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    if (request.method !== 'POST') throw fail('http.method_not_allowed');
    const form = new URLSearchParams((await readBody(request)).toString());
    this.raw.takePlace(response);
    const address = networkOf(this.addressOf(request));
    this.asked.count(address);
    await this.logouts.end(id, form.get('logout_token') ?? '', address);
    response.writeHead(200, HEADERS).end();
  }

  /** https://openid.net/specs/openid-connect-backchannel-1_0.html#BCResponse */
  private refuse(response: ServerResponse, thrown: unknown, id: string): void {
    const error = toGatewayError(thrown);
    const isOurs = error.code !== 'platform.internal';
    this.logger.warn({ provider: id, reason: (thrown as Error).message }, 'a log-out by a provider was refused');
    if (response.headersSent) return void response.destroy();
    const status = isOurs && error.httpStatus >= 404 ? error.httpStatus : 400;
    response
      .writeHead(status, { ...HEADERS, 'content-type': 'application/json' })
      .end(JSON.stringify({ error: 'invalid_request', error_description: isOurs ? error.message : NOT_GOOD }));
  }
}

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const NOT_GOOD = 'The logout token is not good';
