import type { Model } from "@/api/types";
import { FormModal } from "@/components/FormDialog";
import { EnvironmentFrame } from "@/pages/environments/EnvironmentFrame";
import { ChangeForm } from "@/pages/environments/settings/ChangeForm";
import { DestinationCheck } from "@/pages/environments/settings/DestinationCheck";
import { DestinationFields } from "@/pages/environments/settings/DestinationFields";
import { LoadInto } from "@/pages/environments/settings/LoadInto";
import { QueryIt } from "@/pages/environments/settings/QueryIt";
import { SigningSecret } from "@/pages/environments/settings/SigningSecret";
import { useEnvironmentForm } from "@/pages/environments/settings/use_environment_form";
import { isQueried } from "@/pages/environments/settings/warehouses";

/** Where an environment delivers, with a check of every step that delivery needs. */
export function Destination() {
  return (
    <EnvironmentFrame title="Destination">{(environment) => <Change environment={environment} />}</EnvironmentFrame>
  );
}

function Change({ environment }: { environment: Model<"Environment"> }) {
  const change = useEnvironmentForm(environment);
  return (
    <>
      <ChangeForm change={change}>
        <DestinationFields form={change.form} isMade>
          <DestinationCheck environment={environment} isChanged={change.form.isDirty("destination")} />
        </DestinationFields>
      </ChangeForm>
      {environment.destination.type === "s3" && <LoadInto environment={environment} />}
      {isQueried(environment.destination) && <QueryIt environment={environment} />}
      <FormModal opened={change.secret !== null} onClose={change.forgetSecret} title="Signing secret">
        <SigningSecret secret={change.secret ?? ""} onDone={change.forgetSecret} />
      </FormModal>
    </>
  );
}
