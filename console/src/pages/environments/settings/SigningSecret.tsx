import { ShownOnce } from "@/components/ShownOnce";

const NOT_COPIED = {
  title: "Close without copying it?",
  text: "The secret can’t be shown again: without it, make a new one.",
  leave: "Close without copying",
};

/** The signing secret of a target, in the one moment in which it can be seen. */
export function SigningSecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <ShownOnce
      secret={secret}
      told="The signing secret is shown this once. Check the signatures of requests with it."
      note="Any library for Standard Webhooks takes it as it is."
      asks={NOT_COPIED}
      onDone={onDone}
    />
  );
}
