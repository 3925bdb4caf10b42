import { CopyField } from "@/components/Copy";
import { ShownOnce } from "@/components/ShownOnce";

const NOT_COPIED = {
  title: "Close without copying it?",
  text: "The secret can’t be shown again: without it, replace it by another.",
  leave: "Close without copying",
};

interface Props {
  secret: string;
  /** Of the webhook. */
  name: string;
  address: string;
  onDone: () => void;
}

/** A webhook's secret that was made here, in the one moment in which it can be seen. */
export function HookSecret({ secret, name, address, onDone }: Props) {
  return (
    <ShownOnce
      secret={secret}
      told={`The secret of “${name}” is shown this once. Give it to the sender.`}
      note={
        <>
          The sender posts to:
          <CopyField cutAt="start" value={address} label={`Copy the address of ${name}`} />
        </>
      }
      asks={NOT_COPIED}
      onDone={onDone}
    />
  );
}
