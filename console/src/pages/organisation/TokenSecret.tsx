import { ShownOnce } from "@/components/ShownOnce";

const NOT_COPIED = {
  title: "Close without copying it?",
  text: "The token can’t be shown again: without it, delete it and make another.",
  leave: "Close without copying",
};

interface Props {
  token: string;
  /** What it is for: `The token “CI”`. */
  what: string;
  onDone: () => void;
}

/** A token in the one moment in which it can be seen. */
export function TokenSecret({ token, what, onDone }: Props) {
  return (
    <ShownOnce
      secret={token}
      told={`${what} is shown this once. What is kept of it is a hash.`}
      note="It can do what its role allows. Keep it where you keep secrets."
      asks={NOT_COPIED}
      onDone={onDone}
    />
  );
}
