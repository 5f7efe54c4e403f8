/** What a unit says that differs from one machine to another. */
export interface UnitFacts {
  /** The program that is started, and its words. */
  readonly command: readonly string[];
  /** Of the whole system, or of one user. */
  readonly isSystem: boolean;
  /** Where programs that the gateway starts are looked for. */
  readonly path: string;
}

/** In a unit, a space ends a word, and % begins something. */
const quoted = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;

/** In a command, $ does too. */
const commandWord = (word: string): string => quoted(word).replaceAll('$', '$$$$');

/** Of the whole system: a user of its own, who can write to its own folder alone. */
const SYSTEM = `DynamicUser=yes
StateDirectory=switchyard
StateDirectoryMode=0700
ConfigurationDirectory=switchyard
Environment=SWITCHYARD_DATA_DIR=%S/switchyard/data
Environment=XDG_CONFIG_HOME=%S/switchyard/config
Environment=HOME=%S/switchyard
WorkingDirectory=%S/switchyard
EnvironmentFile=-/etc/switchyard/switchyard.env

# Programs of stdio servers run as the same user, behind the same walls; @mount is what keeps them apart from the gateway.
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @mount
SystemCallErrorNumber=EPERM
CapabilityBoundingSet=
AmbientCapabilities=
UMask=0077`;

/** Of one user: their programs and files are what their servers work with. */
const USER = `Environment=SWITCHYARD_DATA_DIR=%h/.local/share/switchyard
WorkingDirectory=%h
EnvironmentFile=-%h/.config/switchyard/switchyard.env
NoNewPrivileges=yes
UMask=0077`;

/** The unit file of a gateway. */
export const unitFile = ({ command, isSystem, path }: UnitFacts): string =>
  `[Unit]
Description=Switchyard, an MCP gateway
Documentation=https://modelcontextprotocol.io
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=${command.map(commandWord).join(' ')}
Environment=${quoted(`PATH=${path}`)}
KillMode=mixed
Restart=on-failure
RestartSec=2
TimeoutStartSec=300
TimeoutStopSec=45
LimitNOFILE=65536
${isSystem ? SYSTEM : USER}

[Install]
WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}
`;
