import { AppRefusal, INVALID_PARAMS, METHOD_NOT_FOUND, type Params, REFUSED, linkOf, readMessage } from './messages.ts';

const REVISION = '2026-01-26';
const SANDBOX = 'ui/notifications/sandbox-';
const REQUESTS_MAX = 8;
const MESSAGES_A_SECOND_MAX = 100;

/** What an app is shown with, and what it may have of the console. */
export interface AppHostOptions {
  readonly html: string;
  readonly input: Params;
  readonly result: Params;
  /** Of the tool, the theme, the language. */
  readonly context: Params;
  /** Calls a tool of the same upstream once the person has agreed. Throws `AppRefusal`. */
  readonly callTool: (name: string, args: Params) => Promise<Params>;
  /** Answers whether the person has opened it. */
  readonly openLink: (url: string) => Promise<boolean>;
  readonly resized: (heightPx: number) => void;
  readonly said: (text: string) => void;
  /** The app is to be shown no more: it wants to end, or does not behave. */
  readonly ended: (why: string | null) => void;
}

/**
 * The console's end of the talk with one app. It hears the frame that it was made for and nobody else, says nothing before
 * the app is ready, and refuses what it does not offer.
 */
export class AppHost {
  private running = 0;
  private heard = 0;
  private second = 0;
  private hasHtml = false;
  private isReady = false;

  constructor(
    private readonly frame: Window,
    private readonly options: AppHostOptions,
  ) {}

  readonly hear = ({ source, origin, data }: MessageEvent<unknown>): void => {
    // A page of no origin: what else has come to stand in the frame is not the app.
    if (source !== this.frame || origin !== 'null') return;
    if (this.isFlooded()) return this.options.ended('It sends more messages than anything could need.');
    const message = readMessage(data);
    if (message === null || message.kind === 'answer') return;
    const { method, params } = message;
    if (message.kind === 'notification') this.note(method, params);
    else void this.answer(message.id, method, params);
  };

  private isFlooded(): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.second) [this.second, this.heard] = [second, 0];
    return ++this.heard > MESSAGES_A_SECOND_MAX;
  }

  private post(message: Params): void {
    // The frame has no origin that could be named.
    this.frame.postMessage({ jsonrpc: '2.0', ...message }, '*');
  }

  private note(method: string, params: Params): void {
    const { html, input, result } = this.options;
    switch (method) {
      case `${SANDBOX}proxy-ready`:
        if (!this.hasHtml) this.post({ method: `${SANDBOX}resource-ready`, params: { html } });
        this.hasHtml = true;
        return;
      case 'ui/notifications/initialized':
        if (this.isReady) return;
        this.isReady = true;
        this.post({ method: 'ui/notifications/tool-input', params: { arguments: input } });
        this.post({ method: 'ui/notifications/tool-result', params: result });
        return;
      case 'ui/notifications/size-changed':
        if (typeof params['height'] === 'number' && Number.isFinite(params['height']))
          this.options.resized(params['height']);
        return;
      case 'notifications/message':
        return this.options.said(JSON.stringify(params['data'] ?? params).slice(0, 1_000));
      case 'ui/notifications/request-teardown':
        return this.options.ended(null);
    }
  }

  private async answer(id: string | number, method: string, params: Params): Promise<void> {
    try {
      if (this.running >= REQUESTS_MAX) throw new AppRefusal(REFUSED, `${REQUESTS_MAX} requests are not answered yet`);
      this.running++;
      this.post({ id, result: await this.resultOf(method, params).finally(() => this.running--) });
    } catch (error) {
      const code = error instanceof AppRefusal ? error.code : REFUSED;
      this.post({ id, error: { code, message: error instanceof Error ? error.message : 'It failed' } });
    }
  }

  private async resultOf(method: string, params: Params): Promise<Params> {
    switch (method) {
      case 'ping':
        return {};
      case 'ui/initialize':
        return {
          protocolVersion: REVISION,
          hostInfo: { name: 'switchyard-console', version: '1' },
          hostCapabilities: { openLinks: {}, serverTools: {}, logging: {} },
          hostContext: this.options.context,
        };
      case 'ui/request-display-mode':
        return { mode: 'inline' };
      case 'ui/open-link':
        return (await this.options.openLink(linkOf(params))) ? {} : { isError: true };
      case 'tools/call': {
        const { name, arguments: args = {} } = params;
        if (typeof name !== 'string' || typeof args !== 'object' || args === null || Array.isArray(args))
          throw new AppRefusal(INVALID_PARAMS, 'A call has a name and arguments');
        return this.options.callTool(name, args as Params);
      }
      default:
        throw new AppRefusal(METHOD_NOT_FOUND, `The console does not offer ${method.slice(0, 100)}`);
    }
  }
}
