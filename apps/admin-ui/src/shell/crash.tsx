import { Component, type ReactNode } from 'react';
import { FailureNotice } from '../kit/notice.tsx';

interface Props {
  readonly children: ReactNode;
}

/** Keeps a fault of one page to that page. */
export class Crash extends Component<Props, { readonly error: Error | null }> {
  override state = { error: null };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <FailureNotice error={this.state.error}>
        <button type="button" className="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </FailureNotice>
    );
  }
}
