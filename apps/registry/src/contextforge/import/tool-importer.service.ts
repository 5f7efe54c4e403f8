import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { checkedBody } from '#libs/service';
import { RestToolBody } from '../../gateways/apis/rest-tool.body.js';
import { RestToolService } from '../../gateways/apis/rest-tool.service.js';
import { GatewayService } from '../../gateways/gateway.service.js';
import { importedTags } from '../apply-tags.js';
import { CREDENTIAL_MISSING, CREDENTIAL_STAYS } from '../file-entry.js';
import { readTool } from './gateway-entry.js';
import type { NamedEntry } from './import-file.js';
import { type EntryResult, type ImportTerms, type Importer, type OpenTerms, freeName, styleIn } from './importer.js';

/** Takes over routes of HTTP APIs that were described by hand. */
@Injectable()
export class ToolImporter implements Importer {
  constructor(
    private readonly gateways: GatewayService,
    private readonly tools: RestToolService,
  ) {}

  async isTaken({ name }: NamedEntry, { principal }: ImportTerms): Promise<boolean> {
    return (await this.gateways.findNamed(name, principal)) !== null;
  }

  async take({ name, entry }: NamedEntry, terms: OpenTerms) {
    const { principal, strategy, isDryRun, credentials, secret, applySet, sight } = terms;
    const { body: members, enabled, isWithoutCredential, notes } = readTool(entry, secret, terms.sealed);
    const missing = isWithoutCredential ? [CREDENTIAL_MISSING] : [];
    const style = styleIn(entry);
    const known = await this.gateways.findNamed(name, principal);
    if (known === null || strategy === 'rename') {
      const isTaken = async (other: string) => (await this.gateways.findNamed(other, principal)) !== null;
      const newName = known === null ? name : await freeName(name, isTaken);
      const tags = importedTags(members['tags'], null, applySet);
      const body = await checkedBody({ ...members, ...sight, tags, name: newName }, RestToolBody);
      const allNotes = [...(newName === name ? [] : [`it is called "${newName}"`]), ...missing, ...notes];
      await this.tools.read(body);
      if (isDryRun) return result('created', allNotes);
      const { gatewayId } = await this.tools.create(body, principal, style);
      if (!enabled && gatewayId) await this.gateways.setEnabled(gatewayId, false, principal);
      return result('created', allNotes);
    }
    if (strategy === 'skip') return result('skipped', ['the name is taken']);
    if (isWithoutCredential) return result('skipped', [CREDENTIAL_STAYS]);
    if (known.transport !== 'REST') {
      throw fail('registry.name_taken', { message: 'The name is that of a gateway' });
    }
    const tags = importedTags(members['tags'], known, applySet);
    const body = await checkedBody({ ...members, ...sight, tags }, RestToolBody);
    if (
      known.enabled === enabled &&
      (await this.tools.isAsDescribed(known, body, style, credentials === 'with_changes'))
    ) {
      return result('unchanged', notes);
    }
    if (isDryRun) return result('updated', notes);
    await this.tools.replace(known.id, body, principal, style);
    await this.gateways.setEnabled(known.id, enabled, principal);
    return result('updated', notes);
  }
}

const result = (outcome: EntryResult['outcome'], notes: readonly string[]): EntryResult => ({ outcome, notes });
