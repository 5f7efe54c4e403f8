import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { APPS, APP_MIME_TYPE, isObject } from '#libs/mcp';
import { Router } from '../routing/index.js';
import { appUriOf } from './app-uri.js';
import { CapturedCalls, type DirectCaller, type DirectRequest } from './captured-call.js';
import type { CallToolBody } from './direct-call.body.js';
import type { ToolAppView, ToolCallView } from './direct-call.view.js';

const FORMS = { elicitation: { form: {} } };
const SHOWS_APPS = { ...FORMS, extensions: APPS };

/** Which tool, and where: in a virtual server or, with `null`, among everything that its caller may see. */
interface ToolPlace {
  readonly name: string;
  readonly serverId: string | null;
}

/** Calls tools, and reads the apps that they are shown with, for those who have no MCP client at hand, as the console. */
@Injectable()
export class DirectCallService {
  constructor(
    private readonly calls: CapturedCalls,
    private readonly router: Router,
  ) {}

  async call({ name, serverId }: ToolPlace, body: CallToolBody, caller: DirectCaller): Promise<ToolCallView> {
    const { arguments: args, inputResponses, inputRefusals, requestState } = body;
    const startedAtMs = performance.now();
    const captured = await this.calls.ask(
      {
        method: 'tools/call',
        serverId,
        capabilities: capabilitiesOf(body),
        params: {
          name,
          arguments: args ?? {},
          ...(inputResponses && { inputResponses }),
          ...(requestState && { requestState }),
        },
        ...(inputRefusals && { inputRefusals }),
      },
      caller,
    );
    return { ...captured, latencyMs: Math.round((performance.now() - startedAtMs) * 10) / 10 };
  }

  /** Throws `registry.unknown` for a tool that is not there, not for this caller to see, or shown with no app. */
  async app({ name, serverId }: ToolPlace, principal: Principal, caller: DirectCaller): Promise<ToolAppView> {
    const found = await this.router.findTool(name, principal, serverId);
    const uri = found === null ? null : appUriOf(found.tool.definition);
    if (uri === null) throw fail('registry.unknown', { message: `No app of this tool: ${name.slice(0, 128)}` });
    const { result, error } = await this.calls.ask(
      { method: 'resources/read', serverId, capabilities: SHOWS_APPS, params: { uri } },
      caller,
    );
    const contents = Array.isArray(result?.['contents']) ? (result['contents'] as unknown[]) : [];
    const content = contents.find((each) => isObject(each) && each['mimeType'] === APP_MIME_TYPE);
    if (!isObject(content)) return { uri, html: null, ui: null, error };
    const meta = isObject(content['_meta']) ? content['_meta']['ui'] : null;
    return { uri, html: htmlOf(content), ui: isObject(meta) ? meta : null, error };
  }
}

const capabilitiesOf = ({ showsApps, samples }: CallToolBody): DirectRequest['capabilities'] => ({
  ...(showsApps === true ? SHOWS_APPS : FORMS),
  ...(samples === true && { sampling: {} }),
});

const htmlOf = ({ text, blob }: Readonly<Record<string, unknown>>): string | null => {
  if (typeof text === 'string') return text;
  return typeof blob === 'string' ? Buffer.from(blob, 'base64').toString('utf8') : null;
};
