export interface RegisteredGateway {
  readonly id: string;
  readonly name: string;
  readonly [member: string]: unknown;
}

export interface VirtualServer {
  readonly id: string;
  readonly [member: string]: unknown;
}

/** What `POST /gateways` takes; the rest of its members pass as they are. */
export interface GatewayRegistration {
  readonly name: string;
  readonly url?: string;
  readonly transport?: 'STREAMABLEHTTP' | 'SSE' | 'STDIO' | 'OPENAPI' | 'GRPC' | 'A2A' | 'AUTO';
  readonly command?: string;
  readonly args?: readonly string[];
  readonly toolPrefix?: string;
  readonly [member: string]: unknown;
}

export interface EntryView {
  readonly id: string;
  readonly name: string;
  readonly [member: string]: unknown;
}

/** The administrator's REST API, over HTTP, with the administrator's token. */
export class AdminApi {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Rejects with the status and the body of a refusal. */
  async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  register(registration: GatewayRegistration): Promise<RegisteredGateway> {
    return this.call('POST', '/gateways', registration);
  }

  /** A virtual server of everything that the gateways with these ids offer, or of everything there is. */
  async createServer(name: string, gateways?: readonly RegisteredGateway[]): Promise<VirtualServer> {
    const ids = gateways?.map(({ id }) => id);
    const idsOf = (entries: readonly EntryView[]): string[] =>
      entries.filter((entry) => ids?.includes(String(entry['gatewayId'])) ?? true).map(({ id }) => id);
    const of = async (list: string): Promise<string[]> => idsOf(await this.call<EntryView[]>('GET', `/${list}`));
    // A list where a gateway is of a version before it had ContextForge's form, as in a bench or an upgrade.
    const ofTemplates = async (): Promise<string[]> => {
      type Templates = EntryView[] | { resource_templates: EntryView[] };
      const answer = await this.call<Templates>('GET', '/resources/templates/list');
      return idsOf(Array.isArray(answer) ? answer : answer.resource_templates);
    };
    const [associatedTools, associatedPrompts, resources, templates] = await Promise.all([
      of('tools'),
      of('prompts'),
      of('resources'),
      ofTemplates(),
    ]);
    const associatedResources = [...resources, ...templates];
    return this.call('POST', '/servers', { server: { name, associatedTools, associatedResources, associatedPrompts } });
  }
}
