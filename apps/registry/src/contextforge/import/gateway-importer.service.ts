import { Inject, Injectable } from '@nestjs/common';
import { fail, toGatewayError } from '#libs/errors';
import { checkedBody } from '#libs/service';
import { RegisterGatewayBody, UpdateGatewayBody } from '../../gateways/gateway.body.js';
import type { GatewayEntity } from '../../gateways/gateway.entity.js';
import { GrpcApiService } from '../../gateways/grpc/grpc-api.service.js';
import { HandedOverService } from '../../gateways/described/handed-over.service.js';
import { GatewayService } from '../../gateways/gateway.service.js';
import { GatewayView } from '../../gateways/gateway.view.js';
import { type RegistrySettings, SETTINGS } from '../../registry.settings.js';
import { importedTags } from '../apply-tags.js';
import { isBeyondAs, SOURCE_MEMBERS } from '../beyond/beyond-form.js';
import { CREDENTIAL_MISSING, CREDENTIAL_STAYS, type FileEntry, isEmpty } from '../file-entry.js';
import { isShownAs } from './credential/same-credential.js';
import { type ReadEntry, readGateway } from './gateway-entry.js';
import type { CredentialPolicy } from './import.body.js';
import type { NamedEntry } from './import-file.js';
import { type EntryResult, type ImportTerms, type Importer, type OpenTerms, freeName } from './importer.js';

/** Takes over upstream MCP servers. One that cannot be reached is kept, disabled, and tried again by the next import. */
@Injectable()
export class GatewayImporter implements Importer {
  constructor(
    private readonly gateways: GatewayService,
    private readonly grpc: GrpcApiService,
    private readonly handedOver: HandedOverService,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  async isTaken({ name }: NamedEntry, { principal }: ImportTerms): Promise<boolean> {
    return (await this.gateways.findNamed(name, principal)) !== null;
  }

  async take({ name, entry }: NamedEntry, terms: OpenTerms): Promise<EntryResult> {
    const { principal, strategy, isDryRun, secret, sealed, applySet, sight } = terms;
    const known = await this.gateways.findNamed(name, principal);
    const isUpdate = known !== null && strategy === 'update';
    const { passedHeaders } = this.settings;
    const read = await readGateway(entry, { secret, sealed, passedHeaders, isUpdate });
    if (known !== null && strategy === 'skip') return { outcome: 'skipped', notes: ['the name is taken'] };
    if (isUpdate) return read.isWithoutCredential ? STAYS : this.update(known, entry, read, terms);
    const missing = read.isWithoutCredential ? [CREDENTIAL_MISSING] : [];
    const isTaken = async (other: string) => (await this.gateways.findNamed(other, principal)) !== null;
    const newName = known === null ? name : await freeName(name, isTaken);
    const tags = importedTags(read.body['tags'], null, applySet);
    // Of an HTTP API there is nothing without its document.
    const keeps = read.body['transport'] === 'OPENAPI' ? {} : { keepUnreachable: true };
    const given = { ...read.body, ...sight, tags, name: newName, ...keeps };
    const body = await checkedBody(given, RegisterGatewayBody);
    const notes = [...(newName === name ? [] : [`it is called "${newName}"`]), ...missing, ...read.notes];
    if (isDryRun) return { outcome: 'created', notes };
    const { id, lastError } = await this.gateways.register(body, principal);
    if (lastError) return { outcome: 'created', notes: [...notes, keptText(lastError)] };
    if (!read.enabled) await this.gateways.setEnabled(id, false, principal);
    return { outcome: 'created', notes };
  }

  private async update(
    known: GatewayEntity,
    entry: FileEntry,
    read: ReadEntry,
    terms: ImportTerms,
  ): Promise<EntryResult> {
    const { principal, isDryRun, credentials, applySet, sight } = terms;
    if (known.transport === 'REST') {
      throw fail('registry.name_taken', { message: 'The name is that of a tool described by hand' });
    }
    const tags = importedTags(read.body['tags'], known, applySet);
    const transport = read.body['transport'] === 'AUTO' ? known.transport : read.body['transport'];
    const given = { ...read.body, ...sight, tags, transport };
    const body = await checkedBody(given, UpdateGatewayBody);
    const isWanted = known.enabled === read.enabled && known.lastError === null;
    const view = await this.gateways.describe(known.id, principal);
    const isBeyond = isBeyondAs(view, entry, await this.grpc.handedOver(view));
    const isRead = isBeyond === 'read' ? await this.handedOver.isStored(known, body) : isBeyond;
    if (isWanted && isRead && isAsAsked(view, given, credentials)) return { outcome: 'unchanged', notes: read.notes };
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

/** Secrets cannot be compared. */
const isAsAsked = (
  known: GatewayView,
  given: Readonly<Record<string, unknown>>,
  credentials: CredentialPolicy,
): boolean =>
  ((known.authType === 'none' && isEmpty(given['env'])) || credentials === 'with_changes') &&
  isShownAs(known, Object.fromEntries(Object.entries(given).filter(([member]) => !SOURCE_MEMBERS.includes(member))));
