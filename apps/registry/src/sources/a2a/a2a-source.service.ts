import { Injectable } from '@nestjs/common';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import type { AgentAddress, UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { ReadAgentCard } from '#contracts/tool-invocation/web/read-agent-card.request';
import type { AgentCard } from '#libs/a2a';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import type { ApiReading, ApiTool } from '../api-reading.js';
import type { A2aReading, A2aSource } from './a2a-source.js';

/** What of one gateway a reading depends on. */
export interface A2aTerms {
  /** What an agent without a card is called. */
  readonly name: string;
  readonly description: string | null;
  /** What is presented to the agent; when absent auth is asked for it. */
  readonly credential?: UpstreamCredential | null;
}

export type ReadA2a = ApiReading & { readonly a2a: A2aReading };

/** How the stored tool of an agent is known. */
export interface A2aToolSource {
  readonly key: string;
  readonly agent: AgentAddress;
}

/** Reads the cards of A2A agents. What reads them is loaded with the first. */
@Injectable()
export class A2aSourceService {
  constructor(@InjectBus() private readonly bus: Bus) {}

  /** Throws what asking the agent fails with. */
  async read(profile: UpstreamProfile, source: A2aSource, terms: A2aTerms): Promise<ReadA2a> {
    const a2a = await import('#libs/a2a');
    const { name, description, credential } = terms;
    const { head, body } = await this.bus.ask(ReadAgentCard, {
      profile,
      urls: cardUrls(new URL(profile.url ?? ''), a2a.CARD_PATHS),
      bytesMax: a2a.A2A_LIMITS.cardBytesMax,
      ...(credential !== undefined && { credential }),
    });
    try {
      const card = head.found ? a2a.readAgentCard(body?.toString() ?? '') : null;
      if (card === null && source.endpoint === null)
        throw invalid(
          'it has no agent card at its well-known places; a2a.endpoint tells where an agent without one is',
        );
      const agent = addressOf(card, source, profile.url ?? '');
      const shown: AgentCard = card ?? {
        name,
        description: description ?? '',
        version: '',
        isStreaming: false,
        skills: [],
        interfaces: [],
        extensionsRequired: [],
      };
      return {
        baseUrl: profile.url ?? '',
        source: null,
        serverInfo: { name: shown.name, ...(shown.version !== '' && { version: shown.version }) },
        tools: [apiToolOf(a2a.agentTool(shown), agent)],
        refused: shown.extensionsRequired.map((uri) => ({
          list: 'tools',
          name: uri.slice(0, 256),
          reason: 'the agent demands this extension of A2A, which is not spoken: it may refuse messages',
        })),
        a2a: { source, agent },
      };
    } catch (error) {
      if (error instanceof a2a.CardRefused) throw invalid(error.message);
      throw error;
    }
  }
}

/** A card may be named itself; else it is under the address, or at the root of its origin. */
const cardUrls = (url: URL, paths: readonly string[]): string[] => {
  if (url.pathname.endsWith('.json')) return [url.href];
  const base = url.pathname.replace(/\/+$/, '');
  const places = [...paths.map((path) => `${base}${path}`), ...paths];
  return [...new Set(places)].map((path) => `${url.origin}${path}`);
};

/**
 * Where messages go. The credential goes there too, so a card alone does not lead to another origin than the one that was
 * registered.
 */
const addressOf = (card: AgentCard | null, { endpoint, protocolVersion }: A2aSource, url: string): AgentAddress => {
  const isStreaming = card?.isStreaming ?? false;
  const spoken = (card?.interfaces ?? []).filter(({ version }) => version === (protocolVersion ?? version));
  if (endpoint !== null) {
    const known = spoken.find((each) => each.url === endpoint) ?? spoken[0];
    const version = protocolVersion ?? known?.version ?? '1.0';
    return { url: endpoint, version, isStreaming, ...(known?.tenant !== undefined && { tenant: known.tenant }) };
  }
  if (spoken.length === 0)
    throw invalid(`its card has no JSON-RPC of ${protocolVersion ?? 'a version that is spoken'}`);
  const { origin } = new URL(url);
  const near = spoken.find((each) => new URL(each.url).origin === origin);
  if (near === undefined) {
    const elsewhere = new URL(spoken[0]?.url ?? url).origin.slice(0, 256);
    throw invalid(
      `its card leads to another origin, ${elsewhere}; give a2a.endpoint if messages and the credential may go there`,
    );
  }
  return {
    url: near.url,
    version: near.version,
    isStreaming,
    ...(near.tenant !== undefined && { tenant: near.tenant }),
  };
};

const apiToolOf = (tool: { readonly name: string }, agent: AgentAddress): ApiTool => ({
  name: tool.name,
  definition: JSON.stringify(tool),
  source: JSON.stringify({ key: tool.name, agent } satisfies A2aToolSource),
  startsDisabled: false,
});

const invalid = (reason: string) =>
  fail('upstream.invalid_answer', { message: `The agent cannot be used: ${reason}`, executed: 'no' });
