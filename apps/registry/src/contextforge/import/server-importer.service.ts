import { Injectable } from '@nestjs/common';
import { checkedBody } from '#libs/service';
import { CreateServerBody, UpdateServerBody } from '../../servers/server.body.js';
import { ServerService } from '../../servers/server.service.js';
import type { ServerView } from '../../servers/server.view.js';
import type { EntryKind } from '../../storage/entry-kind.js';
import { importedTags } from '../apply-tags.js';
import { type FileEntry, textMembers } from '../file-entry.js';
import type { NamedEntry } from './import-file.js';
import { type EntryResult, type ImportTerms, type Importer, freeName } from './importer.js';

interface ChoiceList {
  readonly member: 'associatedTools' | 'associatedResources' | 'associatedPrompts';
  /** Where the ids stand in what is known of a server. */
  readonly idMember: 'associatedToolIds' | 'associatedResources' | 'associatedPrompts';
  readonly noun: string;
  readonly kinds: readonly EntryKind[];
  /** How the file may call it. */
  readonly names: readonly string[];
}

const CHOICES: readonly ChoiceList[] = [
  {
    member: 'associatedTools',
    idMember: 'associatedToolIds',
    noun: 'tool',
    kinds: ['tool'],
    names: ['tool_ids', 'associated_tools'],
  },
  {
    member: 'associatedResources',
    idMember: 'associatedResources',
    noun: 'resource',
    kinds: ['resource', 'template'],
    names: ['resource_ids', 'associated_resources'],
  },
  {
    member: 'associatedPrompts',
    idMember: 'associatedPrompts',
    noun: 'prompt',
    kinds: ['prompt'],
    names: ['prompt_ids', 'associated_prompts'],
  },
];
const CHOICES_MAX = 5_000;
const MISSING_SHOWN_MAX = 20;

/** Takes over virtual servers, with what they show by name. */
@Injectable()
export class ServerImporter implements Importer {
  constructor(private readonly servers: ServerService) {}

  async isTaken({ name }: NamedEntry, { principal, sight }: ImportTerms): Promise<boolean> {
    return (await this.servers.findNamed(name, sight, principal)) !== null;
  }

  async take({ name, entry }: NamedEntry, terms: ImportTerms): Promise<EntryResult> {
    const { principal, strategy, isDryRun, applySet, sight } = terms;
    const known = await this.servers.findNamed(name, sight, principal);
    if (known !== null && strategy === 'skip') return { outcome: 'skipped', notes: ['the name is taken'] };
    const { choices, notes } = await this.read(entry, terms);
    const enabled = entry['is_active'] !== false;
    const texts = textMembers(entry);
    const tags = importedTags(texts['tags'], strategy === 'rename' ? null : known, applySet);
    const said = { ...sight, ...iconOf(entry), ...searchOf(entry), ...texts, tags };
    const body = { name, ...said, ...choices };
    if (known !== null && strategy === 'update') {
      const checked = await checkedBody(body, UpdateServerBody);
      if (known.enabled === enabled && isAsAsked(known, said, choices)) return { outcome: 'unchanged', notes };
      if (!isDryRun) {
        await this.servers.update(known.id, checked, principal);
        if (known.enabled !== enabled) await this.servers.setEnabled(known.id, enabled, principal);
      }
      return { outcome: 'updated', notes };
    }
    const isTaken = async (other: string) => (await this.servers.findNamed(other, sight, principal)) !== null;
    const newName = known === null ? name : await freeName(name, isTaken);
    const checked = await checkedBody({ server: { ...body, name: newName } }, CreateServerBody);
    const allNotes = newName === name ? notes : [`it is called "${newName}"`, ...notes];
    if (isDryRun) return { outcome: 'created', notes: allNotes };
    const { id } = await this.servers.create(checked, principal);
    if (!enabled) await this.servers.setEnabled(id, false, principal);
    return { outcome: 'created', notes: allNotes };
  }

  /** What of the server's choices is here, and by name what is not. */
  private async read(entry: FileEntry, { principal, isDryRun }: ImportTerms) {
    const choices: Choices = {};
    const notes: string[] = [];
    for (const { member, noun, kinds, names } of CHOICES) {
      const list = names.map((name) => entry[name]).find((value) => Array.isArray(value)) as unknown[] | undefined;
      if (list === undefined) continue;
      const wanted = list.slice(0, CHOICES_MAX).map(String);
      const known = await this.servers.findKnown(kinds, wanted, principal);
      choices[member] = [...new Set(wanted.flatMap((name) => known.get(name) ?? []))];
      const missing = wanted.filter((name) => !known.has(name)).concat(list.slice(CHOICES_MAX).map(String));
      if (missing.length > 0) notes.push(missingText(noun, missing, isDryRun));
    }
    return { choices, notes };
  }
}

const missingText = (noun: string, missing: readonly string[], isDryRun: boolean): string => {
  const names = missing
    .slice(0, MISSING_SHOWN_MAX)
    .map((name) => `"${name.slice(0, 128)}"`)
    .join(', ');
  const more = missing.length > MISSING_SHOWN_MAX ? ` and ${missing.length - MISSING_SHOWN_MAX} more` : '';
  return isDryRun
    ? `there is no ${noun} ${names}${more} yet; what the file's own gateways offer is known once they are registered`
    : `there is no ${noun} ${names}${more}`;
};

type Choices = Partial<Record<ChoiceList['member'], string[]>>;

const iconOf = ({ icon }: FileEntry): Record<string, unknown> => (typeof icon === 'string' ? { icon } : {});

/** ContextForge has none. */
const searchOf = ({ tool_search: toolSearch }: FileEntry): Record<string, unknown> =>
  typeof toolSearch === 'boolean' ? { toolSearch } : {};

const isAsAsked = (known: ServerView, said: Readonly<Record<string, unknown>>, choices: Choices): boolean =>
  Object.entries(said).every(([member, value]) => isEqual(known[member as keyof ServerView], value)) &&
  CHOICES.every(({ member, idMember }) => isEqual(known[idMember], choices[member]));

const isEqual = (known: unknown, asked: unknown): boolean =>
  asked === undefined || JSON.stringify(known) === JSON.stringify(asked);
