import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import type { OwnContent } from '#contracts/registry/resolve-own-content.request';
import { MODERN_REVISION } from '#libs/mcp';
import { assertRepeats } from '#libs/service';
import type { PartOfChange } from '../../changes/catalog-changes.service.js';
import { UpdatePromptBody, UpdateResourceBody } from '../../entries/entry.body.js';
import type { EntryWithGateway } from '../../entries/entry.entity.js';
import { EntryService } from '../../entries/entry.service.js';
import { type EntryView, entryView } from '../../entries/entry.view.js';
import type { ToolNameStyle } from '../../entries/names/naming.js';
import { assertAgree } from '../../rest/agreement.js';
import { type OwnReading, readOwnPrompt, readOwnResource } from '../../sources/own/own-source.js';
import type { EntryKind } from '../../storage/entry-kind.js';
import type { Discovery } from '../discovery-result.js';
import { RegisterGatewayBody, UpdateGatewayBody } from '../gateway.body.js';
import type { GatewayEntity } from '../gateway.entity.js';
import { GatewayService } from '../gateway.service.js';
import { OwnPromptBody, OwnResourceBody } from './own.body.js';

/** What is to be kept here: the gateway that it is, and what there is to discover. */
export interface OwnForm {
  readonly body: RegisterGatewayBody;
  readonly discovery: Discovery;
}

const PROMPT = ['prompt'] as const;
const RESOURCE = ['resource', 'template'] as const;

/** Prompts and resources that are kept here: each is a gateway of its own, with its own visibility and limits. */
@Injectable()
export class OwnEntryService {
  constructor(
    private readonly gateways: GatewayService,
    private readonly entries: EntryService,
  ) {}

  /** Throws `http.invalid` for a template that cannot be filled, `registry.name_taken`. */
  async createPrompt(body: OwnPromptBody, principal: Principal): Promise<EntryView> {
    return this.entries.describeOnly(await this.make(this.promptForm(body), true, principal), principal);
  }

  /** Throws `http.invalid` for what holds nothing that can be read, `registry.name_taken`. */
  async createResource(body: OwnResourceBody, principal: Principal): Promise<EntryView> {
    return this.entries.describeOnly(await this.make(this.resourceForm(body), true, principal), principal);
  }

  /** `toolNameStyle`: how its name is spelt for clients. Throws `http.invalid`. */
  promptForm(outer: OwnPromptBody, toolNameStyle: ToolNameStyle = 'exact'): OwnForm {
    const body = unwrapped(OwnPromptBody, outer, outer.prompt);
    return formOf(readOwnPrompt(body), body, toolNameStyle);
  }

  /** Throws `http.invalid`. */
  resourceForm(outer: OwnResourceBody): OwnForm {
    const body = unwrapped(OwnResourceBody, outer, outer.resource);
    return formOf(readOwnResource(body), body, 'exact');
  }

  /** Answers the id of the gateway that it is. Throws `registry.name_taken`. */
  async make({ body, discovery }: OwnForm, isEnabled: boolean, principal: Principal): Promise<string> {
    const id = await this.gateways.registerOwn(body, discovery, principal);
    if (!isEnabled) await this.gateways.setEnabled(id, false, principal);
    return id;
  }

  /** What is here of the same name or URI, as far as the caller may see it. */
  find({ body }: OwnForm, principal: Principal): Promise<GatewayEntity | null> {
    return this.gateways.findNamed(body.name, principal);
  }

  /** Whether it is here just so. What the form does not say of who may see it counts for nothing. */
  async isAsDescribed(known: GatewayEntity, { body, discovery }: OwnForm, isEnabled: boolean): Promise<boolean> {
    const { description = null, tags = [], visibility = known.visibility, teamId = known.teamId } = body;
    const { toolNameStyle = known.toolNameStyle } = body;
    const described = { description, tags, visibility, teamId, toolNameStyle, enabled: isEnabled };
    const isSame = Object.entries(described).every(([member, value]) =>
      isDeepStrictEqual(known[member as keyof typeof described], value),
    );
    const { prompts, resources, resourceTemplates } = discovery.discovered;
    const [{ definition } = { definition: '' }] = [...prompts, ...resources, ...resourceTemplates];
    return isSame && this.entries.isStored(known.id, { definition, source: discovery.content ?? '' });
  }

  /** Puts it in the place of what is here. Throws as `make` does. */
  async replace(known: GatewayEntity, form: OwnForm, isEnabled: boolean, principal: Principal): Promise<void> {
    const body = Object.assign(new UpdateGatewayBody(), form.body);
    const { id } = await this.entries.describeOnly(known.id, principal);
    const ofEntry = given(form.body, ['tags']);
    const besides = this.besides([...PROMPT, ...RESOURCE], id, ofEntry, principal);
    await this.gateways.replaceOwn(known.id, body, form.discovery, principal, besides);
    await this.gateways.setEnabled(known.id, isEnabled, principal);
  }

  /** What the body leaves out stays. Throws as `EntryService.update` does, and what making it would. */
  updatePrompt(id: string, body: UpdatePromptBody, principal: Principal): Promise<EntryView> {
    return this.update(PROMPT, id, body, principal, (entry, content) => {
      const { template, arguments: before } = content as Extract<OwnContent, { kind: 'prompt' }>;
      const kept = { ...shownIn(entry), template, arguments: before };
      return readOwnPrompt({ ...kept, ...given(body, ['title', 'description', 'template', 'arguments']) });
    });
  }

  /** As `updatePrompt`. */
  updateResource(id: string, body: UpdateResourceBody, principal: Principal): Promise<EntryView> {
    return this.update(RESOURCE, id, body, principal, (entry, content) => {
      const known = content as Exclude<OwnContent, { kind: 'prompt' }>;
      const isNew = typeof body.content === 'string' || typeof body.blob === 'string';
      const held =
        known.kind === 'template'
          ? { uriTemplate: known.uriTemplate, arguments: known.arguments, ...(!isNew && { content: known.template }) }
          : { uri: entry.originalName, ...(!isNew && { content: known.text, blob: known.blob }) };
      const members = ['name', 'title', 'description', 'mimeType', 'content', 'blob', 'arguments'] as const;
      return readOwnResource({ ...shownIn(entry), ...held, ...given(body, members) });
    });
  }

  private async update(
    kinds: readonly EntryKind[],
    id: string,
    body: UpdatePromptBody | UpdateResourceBody,
    principal: Principal,
    read: (entry: EntryWithGateway, content: OwnContent) => OwnReading,
  ): Promise<EntryView> {
    const entry = await this.entries.findChangeable(kinds, id, principal);
    if (entry.gateway.transport !== 'OWN') return this.entries.update(kinds, id, body, principal);
    assertRepeats(body, entryView(entry, principal));
    const reading = read(entry, await this.gateways.readOwn(entry.gatewayId));
    const ofEntry = given(body as UpdatePromptBody, ['tags', 'customName']);
    const ofGateway = given(body, ['description', 'tags', 'visibility', 'teamId']);
    const asked = Object.assign(new UpdateGatewayBody(), ofGateway);
    const besides = this.besides(kinds, id, ofEntry, principal);
    await this.gateways.replaceOwn(entry.gatewayId, asked, discoveryOf(reading), principal, besides);
    return this.entries.describeOnly(entry.gatewayId, principal);
  }

  /** What of it the entry has, and not its gateway; undefined where that stays. */
  private besides(
    kinds: readonly EntryKind[],
    id: string,
    members: Partial<UpdatePromptBody>,
    principal: Principal,
  ): PartOfChange | undefined {
    if (Object.keys(members).length === 0) return undefined;
    const body = Object.assign(new UpdatePromptBody(), members);
    return (manager, change) => this.entries.updateWithin({ kinds, id, body, principal }, manager, change);
  }
}

/** What is stored of it, but for what is made anew. */
const shownIn = ({ definition }: EntryWithGateway) => {
  const { name, title, description, mimeType } = JSON.parse(definition) as Record<string, string>;
  return { name: name ?? '', title, description, mimeType };
};

/** What cannot be taken away. */
const NEEDED = ['template', 'content', 'blob', 'mimeType', 'name', 'arguments'] as const;
type Given<Body> = {
  [Member in keyof Body]?: Member extends (typeof NEEDED)[number] ? NonNullable<Body[Member]> : Body[Member];
};

/** The members that a body has; null takes a text away, except where it cannot do without. */
const given = <Body extends object>(body: Body, members: readonly (keyof Body)[]): Given<Body> => {
  const isGiven = ([member, value]: [string, unknown]): boolean =>
    (members as readonly string[]).includes(member) &&
    value !== undefined &&
    (value !== null || !(NEEDED as readonly string[]).includes(member));
  return Object.fromEntries(Object.entries(body).filter(isGiven)) as Given<Body>;
};

/** All of a body that may be wrapped. Throws `http.invalid` where it says two things. */
const unwrapped = <Body extends object>(type: new () => Body, outer: Body, inner: Body | undefined): Body => {
  if (inner === undefined) return outer;
  assertAgree(outer, inner);
  const members = Object.entries(inner).filter(([, value]) => value !== undefined);
  return Object.assign(new type(), outer, Object.fromEntries(members));
};

const formOf = (
  reading: OwnReading,
  { description, tags, visibility, teamId }: OwnPromptBody | OwnResourceBody,
  toolNameStyle: ToolNameStyle,
): OwnForm => ({
  body: Object.assign(new RegisterGatewayBody(), {
    ...identityOf(reading),
    toolPrefix: '',
    toolNameStyle,
    description,
    tags,
    visibility,
    teamId,
  }),
  discovery: discoveryOf(reading),
});

/** What its gateway is called: a tool, a prompt and a resource may have one name. */
const identityOf = ({ originalName, content: { kind } }: OwnReading) => {
  const name = `${kind === 'prompt' ? 'prompt' : 'resource'} ${originalName}`;
  return { name, slug: `own-${createHash('sha256').update(name).digest('hex').slice(0, 16)}` };
};

/** It is described like an MCP server without sessions that has nothing else. */
const discoveryOf = ({ originalName, definition, content }: OwnReading): Discovery => {
  const { kind } = content;
  const completes = kind !== 'resource' && content.arguments.some(({ values }) => values.length > 0);
  return {
    discovered: {
      era: 'modern',
      protocolVersion: MODERN_REVISION,
      transport: 'OWN',
      serverInfo: { name: originalName },
      capabilities: {
        ...(kind === 'prompt' ? { prompts: {} } : { resources: { subscribe: true } }),
        ...(completes && { completions: {} }),
      },
      instructions: null,
      tools: [],
      prompts: kind === 'prompt' ? [{ name: originalName, definition }] : [],
      resources: kind === 'resource' ? [{ uri: originalName, definition }] : [],
      resourceTemplates: kind === 'template' ? [{ uriTemplate: originalName, definition }] : [],
      refused: [],
    },
    askedAt: new Date(),
    content: JSON.stringify(content),
  };
};
