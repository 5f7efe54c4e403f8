import { Injectable } from '@nestjs/common';
import { fail, toGatewayError } from '#libs/errors';
import { checkedBody } from '#libs/service';
import { RegisterGatewayBody, UpdateGatewayBody } from '../../gateways/gateway.body.js';
import type { GatewayEntity } from '../../gateways/gateway.entity.js';
import { GatewayService } from '../../gateways/gateway.service.js';
import { GatewayView } from '../../gateways/gateway.view.js';
import { CREDENTIAL_MISSING, CREDENTIAL_STAYS } from '../file-entry.js';
import { type ReadEntry, readGateway } from './gateway-entry.js';
import type { NamedEntry } from './import-file.js';
import { type EntryResult, type ImportTerms, type Importer, freeName } from './importer.js';

/** Takes over upstream MCP servers. One that cannot be reached is kept, disabled, and tried again by the next import. */
@Injectable()
export class GatewayImporter implements Importer {
  constructor(private readonly gateways: GatewayService) {}

  async isTaken({ name }: NamedEntry, { principal }: ImportTerms): Promise<boolean> {
    return (await this.gateways.findNamed(name, principal)) !== null;
  }

  async take({ name, entry }: NamedEntry, terms: ImportTerms): Promise<EntryResult> {
    const { principal, strategy, isDryRun, secret, sight } = terms;
    const read = await readGateway(entry, secret);
    const known = await this.gateways.findNamed(name, principal);
    if (known !== null && strategy === 'skip') return { outcome: 'skipped', notes: ['the name is taken'] };
    if (known !== null && strategy === 'update') {
      return read.isWithoutCredential ? STAYS : this.update(known, read, terms);
    }
    const missing = read.isWithoutCredential ? [CREDENTIAL_MISSING] : [];
    const isTaken = async (other: string) => (await this.gateways.findNamed(other, principal)) !== null;
    const newName = known === null ? name : await freeName(name, isTaken);
    const given = { ...read.body, ...sight, name: newName, keepUnreachable: true };
    const body = await checkedBody(given, RegisterGatewayBody);
    const notes = [...(newName === name ? [] : [`it is called "${newName}"`]), ...missing, ...read.notes];
    if (isDryRun) return { outcome: 'created', notes };
    const { id, lastError } = await this.gateways.register(body, principal);
    if (lastError) return { outcome: 'created', notes: [...notes, keptText(lastError)] };
    if (!read.enabled) await this.gateways.setEnabled(id, false, principal);
    return { outcome: 'created', notes };
  }

  private async update(known: GatewayEntity, read: ReadEntry, terms: ImportTerms): Promise<EntryResult> {
    const { principal, isDryRun, sight } = terms;
    if (known.transport === 'REST') {
      throw fail('registry.name_taken', { message: 'The name is that of a tool described by hand' });
    }
    const given = { ...read.body, ...sight, ...(read.body['transport'] === 'AUTO' && { transport: known.transport }) };
    const body = await checkedBody(given, UpdateGatewayBody);
    const isWanted = known.enabled === read.enabled && known.lastError === null;
    const view = await this.gateways.describe(known.id, principal);
    if (isWanted && isAsAsked(view, given)) return { outcome: 'unchanged', notes: read.notes };
    if (isDryRun) return { outcome: 'updated', notes: read.notes };
    const { lastError } = await this.gateways.update(known.id, body, principal);
    if (lastError && read.enabled) return this.retry(known.id, read, terms);
    if (!lastError) await this.gateways.setEnabled(known.id, read.enabled, principal);
    return { outcome: 'updated', notes: read.notes };
  }

  private async retry(id: string, { notes }: ReadEntry, { principal }: ImportTerms): Promise<EntryResult> {
    try {
      await this.gateways.setEnabled(id, true, principal);
      return { outcome: 'updated', notes };
    } catch (error) {
      const { code, message } = toGatewayError(error);
      if (!code.startsWith('upstream.')) throw error;
      return { outcome: 'unchanged', notes: [...notes, keptText(message)] };
    }
  }
}

const STAYS: EntryResult = { outcome: 'skipped', notes: [CREDENTIAL_STAYS] };

const keptText = (reason: string): string => `kept, disabled, until it is reached: ${reason}`;

/** Secrets cannot be compared, so what has one is always told anew. */
const isAsAsked = (known: GatewayView, given: Readonly<Record<string, unknown>>): boolean =>
  known.authType === 'none' &&
  Object.entries(given).every(
    ([member, value]) =>
      value === undefined || JSON.stringify(known[member as keyof GatewayView]) === JSON.stringify(value),
  );
