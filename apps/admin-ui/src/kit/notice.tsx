import type { ReactNode } from 'react';
import { ApiFailure } from '../api/client.ts';
import { Mark } from './state.tsx';

/** What to do about a failure, by the name that it has. */
const NEXT: readonly (readonly [pattern: RegExp, next: string])[] = [
  [/^console\.offline/, 'Check that the gateway runs and that this machine reaches it. What is shown is of before.'],
  [/^auth\.grant_missing/, 'Ask an administrator for the permission, or log in as somebody who has it.'],
  [/^auth\.(unavailable|issuer)/, 'It is tried again by itself; see the log of the auth service where it lasts.'],
  [/^http\.rate_limited/, 'Wait a moment, then try again.'],
  [/^http\.overloaded/, 'The gateway is full: try again in a moment.'],
  [/^registry\.name_taken/, 'Choose another name.'],
  [/^upstream\.unreachable/, 'Check the address, and that the server runs and can be reached from the gateway.'],
  [/^upstream\.unauthorised/, 'The server wants a credential: give its token, or check that it is still good.'],
  [/^upstream\.not_mcp/, 'Check the path: MCP servers often answer at /mcp or /sse.'],
  [/^upstream\.refused/, 'Where it may be, say so in the settings of the gateway (docs/reference/settings.md).'],
];

/** A failure in words, what to do about it, and by which id the log has it. */
export const FailureNotice = ({ error, children }: { readonly error: unknown; readonly children?: ReactNode }) => {
  const failure = error instanceof ApiFailure ? error : null;
  const message = error instanceof Error ? error.message : 'Something went wrong in this page';
  const next = NEXT.find(([pattern]) => pattern.test(failure?.code ?? ''))?.[1];
  return (
    <div className="notice bad appears" role="alert">
      <Mark tone="bad" />
      <div className="stack">
        <div>
          <strong>{message}</strong>
          {next !== undefined && <p className="next">{next}</p>}
          {failure !== null && (
            <p className="next">
              <code>{failure.code}</code>
              {failure.correlationId !== null && <> · id {failure.correlationId}</>}
            </p>
          )}
        </div>
        {children}
      </div>
    </div>
  );
};

/** Something to know, which is no failure of what was just done. */
export const Notice = ({
  tone,
  children,
}: {
  readonly tone: 'ok' | 'warn' | 'bad' | 'off';
  readonly children: ReactNode;
}) => (
  <div className={`notice ${tone}`}>
    <Mark tone={tone} />
    <div>{children}</div>
  </div>
);
