import { asObject, checkDepth, isObject } from '#libs/mcp';
import { A2A_LIMITS } from '../limits.js';
import { A2A_VERSIONS, type A2aVersion } from '../protocol/vocabulary.js';

/** Where a card is, under the address of an agent: first as both versions have it, then as it was before 0.3. */
export const CARD_PATHS = ['/.well-known/agent-card.json', '/.well-known/agent.json'] as const;

/** One way to reach an agent. */
export interface CardInterface {
  readonly url: string;
  readonly version: A2aVersion;
  readonly tenant?: string;
}

export interface AgentSkill {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
}

/** What an agent says of itself, in either version. */
export interface AgentCard {
  readonly name: string;
  readonly description: string;
  /** Of the agent, not of the protocol. */
  readonly version: string;
  readonly isStreaming: boolean;
  readonly skills: readonly AgentSkill[];
  /** By JSON-RPC, in a version that is spoken: the newest first. */
  readonly interfaces: readonly CardInterface[];
  /** Extensions of A2A that it demands. */
  readonly extensionsRequired: readonly string[];
}

/** A text that is no card, or one of an agent that cannot be spoken to. */
export class CardRefused extends Error {
  override readonly name = 'CardRefused';
}

type Json = Readonly<Record<string, unknown>>;

/** Throws `CardRefused`. */
export const readAgentCard = (text: string): AgentCard => {
  const card = parsed(text);
  const { name, description, version, capabilities, skills } = card;
  if (typeof name !== 'string' || name === '') throw new CardRefused('the agent card has no name');
  const { streaming, extensions } = asObject(capabilities);
  const interfaces = interfacesOf(card);
  if (interfaces.length === 0)
    throw new CardRefused(`the agent speaks neither 1.0 nor 0.3 by JSON-RPC; its card has ${offered(card)}`);
  return {
    name: name.slice(0, 256),
    description: textOf(description),
    version: textOf(version).slice(0, 64),
    isStreaming: streaming === true,
    skills: listOf(skills).map((skill) => ({
      name: textOf(skill.name ?? skill.id),
      description: textOf(skill.description),
      examples: Array.isArray(skill.examples) ? skill.examples.filter((each) => typeof each === 'string') : [],
    })),
    interfaces,
    extensionsRequired: listOf(extensions)
      .filter(({ required }) => required === true)
      .map(({ uri }) => textOf(uri)),
  };
};

const parsed = (text: string): Json => {
  try {
    checkDepth(text, A2A_LIMITS.depthMax);
    const card: unknown = JSON.parse(text);
    if (isObject(card)) return card;
  } catch {
    // Said below.
  }
  throw new CardRefused('the agent card is no JSON object, or nests too deep');
};

/** 1.0 lists its interfaces; 0.3 has one at the top and others beside it. */
const interfacesOf = (card: Json): CardInterface[] => {
  const all = waysOf(card).flatMap(({ url, binding, version, tenant }) => {
    const spoken = spokenVersion(version);
    const isReached = binding.toUpperCase() === 'JSONRPC' && typeof url === 'string' && URL.canParse(url);
    if (!isReached || spoken === null) return [];
    return [{ url, version: spoken, ...(typeof tenant === 'string' && tenant !== '' && { tenant }) }];
  });
  return A2A_VERSIONS.flatMap((version) => all.filter((each) => each.version === version));
};

interface Way {
  readonly url: unknown;
  readonly binding: string;
  readonly version: string;
  readonly tenant?: unknown;
}

const waysOf = (card: Json): Way[] => {
  const { url, protocolVersion, preferredTransport, supportedInterfaces, additionalInterfaces } = card;
  const ways: Way[] = listOf(supportedInterfaces).map((each) => ({
    url: each.url,
    binding: textOf(each.protocolBinding),
    version: textOf(each.protocolVersion) || '1.0',
    tenant: each.tenant,
  }));
  const version = textOf(protocolVersion) || '0.3';
  if (url !== undefined) ways.push({ url, binding: textOf(preferredTransport) || 'JSONRPC', version });
  for (const each of listOf(additionalInterfaces))
    ways.push({ url: each.url, binding: textOf(each.transport), version });
  return ways;
};

/** By major and minor; 0.2 writes messages as 0.3 does. */
const spokenVersion = (version: string): A2aVersion | null => {
  if (/^1\.\d/.test(version) || version === '1') return '1.0';
  return /^0\.[23](\.|$)/.test(version) ? '0.3' : null;
};

const offered = (card: Json): string => {
  const ways = waysOf(card).map(({ binding, version }) => `${binding || 'nothing'} ${version}`.slice(0, 64));
  return ways.length === 0 ? 'no address' : ways.slice(0, 10).join(', ');
};

const listOf = (list: unknown): readonly Json[] => (Array.isArray(list) ? list.slice(0, 500).filter(isObject) : []);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
