import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ConnectionNote } from '#contracts/auth/connectors/note-connection.request';
import { InjectDatabase, PendingEvents, transact } from '#libs/storage';

/** Connections of connectors in the audit trail: those that were opened, closed and refused. */
@Injectable()
export class ConnectionTrail {
  constructor(
    private readonly audit: PendingEvents,
    @InjectDatabase('auth') private readonly database: DataSource,
  ) {}

  /** All of them or none. */
  async note(notes: readonly ConnectionNote[]): Promise<void> {
    await transact(this.database, async (manager) => {
      for (const { what, connectorId, label, at, address, names, zone, reason, unnoted } of notes)
        await this.audit.note(
          {
            action: `connection.${what}`,
            resourceType: 'connection',
            resourceId: connectorId,
            resourceName: label,
            actor: null,
            after: {
              at,
              address,
              upstreams: names,
              zone,
              ...(reason !== null && { reason }),
              ...(unnoted > 0 && { unnoted }),
            },
          },
          manager,
        );
    });
  }
}
