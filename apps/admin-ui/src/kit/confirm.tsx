import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import { FailureNotice } from './notice.tsx';

/** What is done once it is confirmed, as TanStack's `useMutation` has it. */
interface Doing {
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly error: Error | null;
  readonly mutate: () => void;
}

/** Asks before something that cannot be taken back, or that somebody should have read. `action`: the verb of the button. */
export const Confirm = ({
  title,
  action,
  doing,
  tone = 'danger',
  isReady = true,
  onClose,
  children,
}: {
  readonly title: string;
  readonly action: string;
  readonly tone?: 'danger' | 'primary';
  readonly doing: Doing;
  readonly isReady?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) => (
  <Dialog title={title} onClose={onClose}>
    {children}
    {doing.isError && <FailureNotice error={doing.error} />}
    <div className="row">
      <button
        type="button"
        className={`button ${tone}`}
        disabled={doing.isPending || !isReady}
        onClick={() => doing.mutate()}
      >
        {action}
        {doing.isPending && ' …'}
      </button>
      <button type="button" className="button" onClick={onClose}>
        {tone === 'danger' ? 'Keep it' : 'Not now'}
      </button>
    </div>
  </Dialog>
);
