import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { checkedBody } from '#libs/service';
import type { GatewayEntity } from '../../gateways/gateway.entity.js';
import { OwnPromptBody, OwnResourceBody } from '../../gateways/own/own.body.js';
import { OwnEntryService, type OwnForm } from '../../gateways/own/own-entry.service.js';
import { importedTags } from '../apply-tags.js';
import { type FileEntry, LeftOut } from '../file-entry.js';
import type { NamedEntry } from './import-file.js';
import { type EntryResult, type ImportTerms, type Importer, freeName, styleIn } from './importer.js';
import { readPrompt, readResource } from './own-entry.js';

interface Renamed<Body> {
  readonly body: Body;
  readonly notes: readonly string[];
}

/** Takes over what is kept in the gateway itself. */
@Injectable()
abstract class OwnImporter<Body extends OwnPromptBody | OwnResourceBody> implements Importer {
  constructor(protected readonly own: OwnEntryService) {}

  async isTaken({ entry }: NamedEntry, { principal }: ImportTerms): Promise<boolean> {
    try {
      return (await this.find(entry, await this.bodyOf(entry, {}), principal)) !== null;
    } catch (error) {
      if (error instanceof LeftOut) return false;
      throw error;
    }
  }

  async take(
    { entry }: NamedEntry,
    { principal, strategy, isDryRun, applySet, sight }: ImportTerms,
  ): Promise<EntryResult> {
    const given = await this.bodyOf(entry, sight);
    const isEnabled = entry['is_active'] !== false;
    const known = await this.find(entry, given, principal);
    if (known !== null && strategy === 'skip') return result('skipped', ['the name is taken']);
    if (known === null || strategy === 'rename') {
      const made: Renamed<Body> =
        known === null ? { body: given, notes: [] } : await this.renamed(entry, given, principal);
      const { body, notes } = made;
      const form = this.formOf(entry, withTags(body, null, applySet));
      if (!isDryRun) await this.own.make(form, isEnabled, principal);
      return result('created', notes);
    }
    const form = this.formOf(entry, withTags(given, known, applySet));
    if (await this.own.isAsDescribed(known, form, isEnabled)) return result('unchanged', []);
    if (!isDryRun) await this.own.replace(known, form, isEnabled, principal);
    return result('updated', []);
  }

  protected abstract bodyOf(entry: FileEntry, sight: ImportTerms['sight']): Promise<Body>;
  /** Throws `http.invalid`. */
  protected abstract formOf(entry: FileEntry, body: Body): OwnForm;
  protected abstract renamed(entry: FileEntry, body: Body, principal: Principal): Promise<Renamed<Body>>;

  protected find(entry: FileEntry, body: Body, principal: Principal): Promise<GatewayEntity | null> {
    return this.own.find(this.formOf(entry, body), principal);
  }
}

/** Takes over prompts that ContextForge keeps itself. */
@Injectable()
export class PromptImporter extends OwnImporter<OwnPromptBody> {
  protected bodyOf(entry: FileEntry, sight: ImportTerms['sight']): Promise<OwnPromptBody> {
    return checkedBody({ ...readPrompt(entry), ...sight }, OwnPromptBody);
  }

  protected formOf(entry: FileEntry, body: OwnPromptBody): OwnForm {
    return this.own.promptForm(body, styleIn(entry));
  }

  protected async renamed(entry: FileEntry, body: OwnPromptBody, principal: Principal) {
    const named = (name: string) => Object.assign(new OwnPromptBody(), body, { name });
    const name = await freeName(body.name, async (other) => (await this.find(entry, named(other), principal)) !== null);
    return { body: named(name), notes: [`it is called "${name}"`] };
  }
}

/** Takes over resources whose content is in the file, as this gateway exports them. */
@Injectable()
export class ResourceImporter extends OwnImporter<OwnResourceBody> {
  protected bodyOf(entry: FileEntry, sight: ImportTerms['sight']): Promise<OwnResourceBody> {
    return checkedBody({ ...readResource(entry), ...sight }, OwnResourceBody);
  }

  protected formOf(_entry: FileEntry, body: OwnResourceBody): OwnForm {
    return this.own.resourceForm(body);
  }

  protected renamed(): Promise<never> {
    return Promise.reject(new LeftOut('its URI is taken, and another would be another resource'));
  }
}

const withTags = <Body extends OwnPromptBody | OwnResourceBody>(
  body: Body,
  known: GatewayEntity | null,
  applySet: string | undefined,
): Body => Object.assign(body, { tags: importedTags(body.tags, known, applySet) });

const result = (outcome: EntryResult['outcome'], notes: readonly string[]): EntryResult => ({ outcome, notes });
