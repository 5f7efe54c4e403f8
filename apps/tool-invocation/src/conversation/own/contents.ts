import type { OwnArgument, OwnContent } from '#contracts/registry/resolve-own-content.request';
import {
  type PromptTemplate,
  type ReadableUriTemplate,
  type Template,
  compilePromptTemplate,
  compileTemplate,
  readableUriTemplate,
} from '#libs/templates';

/** What is kept here, ready to be filled and read. */
export type ReadyContent =
  | {
      readonly kind: 'prompt';
      readonly description: string | null;
      readonly template: PromptTemplate;
      readonly arguments: readonly OwnArgument[];
    }
  | Extract<OwnContent, { kind: 'resource' }>
  | {
      readonly kind: 'template';
      readonly mimeType: string;
      readonly uriTemplate: ReadableUriTemplate;
      readonly template: Template;
      readonly arguments: readonly OwnArgument[];
    };

/** Throws `TemplateRefused` for what a later version of the gateway has stored. */
const ready = (content: OwnContent): ReadyContent => {
  switch (content.kind) {
    case 'prompt':
      return { ...content, template: compilePromptTemplate(content.template) };
    case 'resource':
      return content;
    case 'template':
      return {
        ...content,
        template: compileTemplate(content.template),
        uriTemplate: readableUriTemplate(content.uriTemplate),
      };
  }
};

/** The content of one upstream that is kept here, asked for once: another content is another version of its profile. */
export class KeptContent {
  private known: ReadyContent | undefined;

  /** `resolve`: rejects with `upstream.unknown` or `registry.unavailable`. */
  constructor(private readonly resolve: () => Promise<OwnContent>) {}

  find(): ReadyContent | Promise<ReadyContent> {
    return this.known ?? this.load();
  }

  private async load(): Promise<ReadyContent> {
    this.known = ready(await this.resolve());
    return this.known;
  }
}
