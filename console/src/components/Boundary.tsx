import { Alert } from "@mantine/core";
import { Component, type ReactNode } from "react";

interface Props {
  /** What can't be shown where this fails: `This event`. */
  what: string;
  children: ReactNode;
}

interface State {
  failure: string | null;
}

/** Keeps a failure to show one thing to that thing: what stands beside it stays. */
export class Boundary extends Component<Props, State> {
  override state: State = { failure: null };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return (
      <Alert color="red" variant="light" title={`${this.props.what} can’t be shown`}>
        {failure}
      </Alert>
    );
  }
}
