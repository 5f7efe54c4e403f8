import { Injectable } from '@nestjs/common';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import { isMaskedUrl } from '#contracts/auth/upstream-secrets.rules';
import type { UpstreamTls } from '#contracts/auth/tls/upstream-tls.rules';
import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import {
  type ApiDocument,
  type HttpTool,
  type Imported,
  importTools,
  type Preview,
  previewOf,
  READ_LIMITS,
  readDocument,
} from '#libs/openapi';
import { type ApiReading, apiToolOf } from '../api-reading.js';
import type { ReadSource } from '../read-source.js';
import { FilterCheckService } from '../filter-check.service.js';
import type { OpenApiBody } from './openapi.body.js';
import { sourceFrom } from './source-choice.js';

/** What of one gateway a reading depends on. */
export interface ReadingTerms {
  /** What its names begin with. */
  readonly prefix: string;
  /** Names that operations were given before, by operation key. */
  readonly pinnedNames?: ReadonlyMap<string, string>;
  /** Whose credential holds the query of the document's URL; only where that is the URL which is kept of it. */
  readonly upstreamId?: string;
  /** What the document is fetched with; `kept`: what auth has of the gateway. */
  readonly tls?: UpstreamTls | 'kept';
}

/** More are no import but a choice that was not made. */
const TOOLS_MAX = 2_000;

/** Reads OpenAPI documents, from where they are or as they are handed over. */
@Injectable()
export class OpenApiSourceService {
  constructor(
    @InjectBus() private readonly bus: Bus,
    private readonly filters: FilterCheckService,
  ) {}

  /** Throws `http.invalid` for a document that cannot be read, and what fetching it fails with. */
  async preview(body: OpenApiBody, terms: ReadingTerms): Promise<{ preview: Preview; tools: readonly HttpTool[] }> {
    const { document, imported } = await this.import(sourceFrom(body), body.document, terms);
    return { preview: previewOf(document, imported), tools: imported.tools };
  }

  /** The tools of a document. `handedOver`: its text, where it is not fetched. Throws as `preview` does. */
  async read(source: ReadSource, handedOver: string | undefined, terms: ReadingTerms): Promise<ApiReading> {
    const { document, imported } = await this.import(source, handedOver, terms);
    if (imported.tools.length > TOOLS_MAX) {
      throw fail('http.invalid', {
        message: `The document has ${imported.tools.length} operations; choose at most ${TOOLS_MAX} by tag, method or path`,
      });
    }
    return {
      baseUrl: imported.baseUrl,
      source,
      serverInfo: { name: document.title, version: document.apiVersion },
      tools: imported.tools.map((tool) => apiToolOf(tool, httpToolSourceOf(tool), tool.otherOrigin !== null)),
      refused: imported.skipped.map(({ key, reason }) => ({ list: 'tools', name: key, reason })),
    };
  }

  private async import(
    source: ReadSource,
    handedOver: string | undefined,
    { prefix, pinnedNames, upstreamId, tls }: ReadingTerms,
  ): Promise<{ document: ApiDocument; imported: Imported }> {
    const { documentUrl, serverUrl, serverIndex, variables, responseFilters = {}, readOnlyOperations = [] } = source;
    await this.filters.check('openapi.responseFilters', Object.values(responseFilters));
    const text = handedOver ?? (await this.fetch(documentUrl, upstreamId, tls));
    const document = readDocument(text, documentUrl === null ? {} : { documentUrl });
    const imported = importTools(document, {
      server: {
        variables,
        ...(serverUrl !== null && { serverUrl }),
        ...(serverIndex !== null && { serverIndex }),
        ...(documentUrl !== null && { documentUrl }),
      },
      choice: source.choice,
      prefixChars: prefix.length,
      ...(pinnedNames !== undefined && { pinnedNames }),
      credentialParameters: source.credentialParameters,
      bodyMediaTypes: source.bodyMediaTypes,
      responseFilters,
      readOnlyOperations,
      publishesOutputSchemas: source.publishesOutputSchemas,
    });
    return { document, imported };
  }

  private async fetch(
    documentUrl: string | null,
    upstreamId: string | undefined,
    tls: ReadingTerms['tls'],
  ): Promise<string> {
    if (documentUrl === null) {
      throw fail('http.conflict', {
        message:
          'The document was handed over and is not kept: hand it over again to refresh (PUT with openapi.document)',
      });
    }
    const reply = await this.bus.ask(FetchDocument, {
      url: documentUrl,
      ...(upstreamId !== undefined && (tls === 'kept' || isMaskedUrl(documentUrl)) && { upstreamId }),
      ...(tls === 'kept' ? { showsCertificates: true } : tls !== undefined && { credential: { tls } }),
      bytesMax: READ_LIMITS.bytesMax,
    });
    return reply.body?.toString() ?? '';
  }
}

export const httpToolSourceOf = ({ key, binding, argumentsSchema, inputSchema, filter }: HttpTool): HttpToolSource => ({
  key,
  binding,
  argumentsSchema: argumentsSchema ?? inputSchema,
  ...(filter !== undefined && { filter }),
});
