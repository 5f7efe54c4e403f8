import type { ComponentType } from 'react';
import { A2aImport } from './a2a-import.tsx';
import { ApiImport } from './api-import.tsx';
import { GrpcImport } from './grpc-import.tsx';
import { KnownImport } from './known-import.tsx';
import { ServersImport } from './servers-import.tsx';

/** What can be brought in, each with the part of the page that does it. */
export const KINDS: readonly { readonly id: string; readonly title: string; readonly Content: ComponentType }[] = [
  { id: 'servers', title: 'MCP servers', Content: ServersImport },
  { id: 'known', title: 'Known servers', Content: KnownImport },
  { id: 'openapi', title: 'HTTP API', Content: ApiImport },
  { id: 'grpc', title: 'gRPC server', Content: GrpcImport },
  { id: 'a2a', title: 'A2A agent', Content: A2aImport },
];
