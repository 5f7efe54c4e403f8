import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';

/** What this gateway goes by among gateways: all its replicas alike. */
@Injectable()
export class OwnIdService {
  private known: string | null;

  constructor(
    @InjectDatabase('registry') private readonly database: DataSource,
    @Inject(SETTINGS) settings: RegistrySettings,
  ) {
    this.known = settings.gatewayId;
  }

  async read(): Promise<string> {
    if (this.known !== null) return this.known;
    const [row] = await this.database.query<{ id: string }[]>('SELECT id FROM registry.own_id');
    if (row === undefined) throw new Error('the table registry.own_id is empty');
    this.known = row.id;
    return this.known;
  }
}
