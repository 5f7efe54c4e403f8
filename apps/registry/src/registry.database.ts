import { EntryEntity, EntryGatewayEntity, SwitchedOffEntity } from './entries/entry.entity.js';
import { GatewayEntity } from './gateways/gateway.entity.js';
import { GrpcDescriptorsEntity } from './gateways/grpc/grpc-descriptors.entity.js';
import { ToolChangeEntity } from './entries/ledger/tool-change.entity.js';
import { ServerEntity, ServerEntryEntity } from './servers/server.entity.js';
import { Catalog1763596800000 } from './storage/migrations/0001-catalog.migration.js';
import { SessionScope1763683200000 } from './storage/migrations/0002-session-scope.migration.js';
import { TaskAfter1763769600000 } from './storage/migrations/0003-task-after.migration.js';
import { ListingHints1763856000000 } from './storage/migrations/0004-listing-hints.migration.js';
import { HttpApi1763942400000 } from './storage/migrations/0005-http-api.migration.js';
import { NewTools1764028800000 } from './storage/migrations/0006-new-tools.migration.js';
import { ToolNameStyle1764115200000 } from './storage/migrations/0007-tool-name-style.migration.js';
import { Eras1764201600000 } from './storage/migrations/0008-eras.migration.js';
import { WorkingDirectory1764288000000 } from './storage/migrations/0009-working-directory.migration.js';
import { LastError1764374400000 } from './storage/migrations/0010-last-error.migration.js';
import { FittedNames1764460800000 } from './storage/migrations/0011-fitted-names.migration.js';
import { ServerIcon1764547200000 } from './storage/migrations/0012-server-icon.migration.js';
import { ChangeLog1764633600000 } from './storage/migrations/0013-change-log.migration.js';
import { GatewayHealth1764720000000 } from './storage/migrations/0014-gateway-health.migration.js';
import { OwnEntries1764806400000 } from './storage/migrations/0015-own-entries.migration.js';
import { AuditTrail1764892800000 } from './storage/migrations/0016-audit-trail.migration.js';
import { Grpc1764979200000 } from './storage/migrations/0017-grpc.migration.js';
import { Addresses1765065600000 } from './storage/migrations/0018-addresses.migration.js';
import { ToolChanges1765152000000 } from './storage/migrations/0019-tool-changes.migration.js';
import { A2a1765238400000 } from './storage/migrations/0020-a2a.migration.js';
import { ToolSearch1765324800000 } from './storage/migrations/0021-tool-search.migration.js';
import { BlockedTools1765411200000 } from './storage/migrations/0022-blocked-tools.migration.js';
import { PassedHeaders1765584000000 } from './storage/migrations/0023-passed-headers.migration.js';
import { GatewayId1765670400000 } from './storage/migrations/0024-gateway-id.migration.js';
import { Lists1765756800000 } from './storage/migrations/0025-lists.migration.js';
import { DueGateways1765843200000 } from './storage/migrations/0026-due-gateways.migration.js';
import { GatewayStates1765929600000 } from './storage/migrations/0027-gateway-states.migration.js';

/** What registry keeps, and how its tables came about. */
export const registryDatabase = {
  schema: 'registry',
  entities: [
    GatewayEntity,
    GrpcDescriptorsEntity,
    EntryEntity,
    EntryGatewayEntity,
    SwitchedOffEntity,
    ToolChangeEntity,
    ServerEntity,
    ServerEntryEntity,
  ],
  migrations: [
    Catalog1763596800000,
    SessionScope1763683200000,
    TaskAfter1763769600000,
    ListingHints1763856000000,
    HttpApi1763942400000,
    NewTools1764028800000,
    ToolNameStyle1764115200000,
    Eras1764201600000,
    WorkingDirectory1764288000000,
    LastError1764374400000,
    FittedNames1764460800000,
    ServerIcon1764547200000,
    ChangeLog1764633600000,
    GatewayHealth1764720000000,
    OwnEntries1764806400000,
    AuditTrail1764892800000,
    Grpc1764979200000,
    Addresses1765065600000,
    ToolChanges1765152000000,
    A2a1765238400000,
    ToolSearch1765324800000,
    BlockedTools1765411200000,
    PassedHeaders1765584000000,
    GatewayId1765670400000,
    Lists1765756800000,
    DueGateways1765843200000,
    GatewayStates1765929600000,
  ],
} as const;
