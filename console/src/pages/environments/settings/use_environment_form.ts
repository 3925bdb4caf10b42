import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "@/api/client";
import type { Failure } from "@/api/problem";
import type { Model } from "@/api/types";
import { faultsToFields } from "@/components/FormFailure";
import { toasts } from "@/components/toasts";
import { signingSecretOf } from "@/pages/environments/settings/destination_form";
import {
  environmentForm,
  STANDS,
  settingsOf,
  touched,
  type EnvironmentForm,
} from "@/pages/environments/settings/environment_form";

/** A form over an environment's settings that sends what was touched, and is filled anew with what was saved. */
export function useEnvironmentForm(environment: Model<"Environment">) {
  const [failure, setFailure] = useState<Failure | null>(null);
  // Until you are told that another person has saved since, the one that the form was filled from; then the newest.
  const [version, setVersion] = useState(environment.version);
  const [isTold, setTold] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const queries = useQueryClient();
  const form = useForm<EnvironmentForm>({ initialValues: environmentForm(environment) });
  const change = api.useMutation("patch", "/v1/environments/{environment_id}", {
    meta: { showsFailures: true },
    onSuccess: (changed) => {
      toasts.done(`Environment “${changed.name}” changed.`);
      setVersion(changed.version);
      setTold(false);
      setSecret(signingSecretOf(changed));
      const saved = environmentForm(changed);
      form.setInitialValues(saved);
      form.setValues(saved);
      form.resetDirty(saved);
    },
    onError: async (error) => {
      const met = faultsToFields(form, error, STANDS);
      if (met.status === 412) {
        await queries.invalidateQueries();
        setTold(true);
      }
      setFailure(met);
    },
  });
  const save = form.onSubmit((values) => {
    setFailure(null);
    const settings = settingsOf(values);
    if (typeof settings === "string") {
      form.setFieldError("destination.credentials", settings);
      return;
    }
    // What was not touched is not sent: another person may have changed it, and a destination is tried live.
    const body = touched(settings, (field) => form.isDirty(field));
    const header = { "If-Match": `"${isTold ? environment.version : version}"` };
    change.mutate({ params: { path: { environment_id: environment.id }, header }, body });
  });
  return {
    form,
    save,
    failure,
    isSaving: change.isPending,
    /** A signing secret that was made by the last change, to be shown once. */
    secret,
    forgetSecret: () => setSecret(null),
    discard: () => {
      setFailure(null);
      form.reset();
    },
  };
}
