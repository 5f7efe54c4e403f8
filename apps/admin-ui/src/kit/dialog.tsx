import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

/** The browser's own modal dialog: it keeps the focus, gives it back, and closes by Escape. */
export const Dialog = ({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  /** Absent: it stays until it has what it asks for. */
  readonly onClose?: () => void;
  readonly children: ReactNode;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Closed while it is still in the document: one that is only taken out gives no focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (shown !== null && !shown.open) shown.showModal();
    shown?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="appears"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <div className="stack">
        <div className="row apart">
          <h2 id={titleId}>{title}</h2>
          {onClose !== undefined && (
            <button type="button" className="button plain" onClick={onClose}>
              Close
            </button>
          )}
        </div>
        {children}
      </div>
    </dialog>
  );
};
