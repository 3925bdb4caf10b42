/** An environment's settings as a form holds them, and as the API takes them. */

import type { Model } from "@/api/types";
import {
  destinationOf,
  EMPTY_DESTINATION,
  formFrom,
  type DestinationForm,
} from "@/pages/environments/settings/destination_form";

export interface EnvironmentForm {
  name: string;
  revision_id: string;
  destination: DestinationForm;
  on_invalid: "quarantine" | "reject";
  /** One a line. */
  allowed_origins: string;
  rate_limit: number | "";
  streams: number | "";
  /** Empty: as long as the deployment does. */
  buffer_seconds: number | "";
  store_addresses: boolean;
  quarantine_protected: boolean;
  taps: Model<"Environment">["taps"];
}

/** Fields of a request that the form has others for. */
export const STANDS = {
  "destination.type": "destination.kind",
  "destination.managed": "destination.kind",
  "destination.workload_identity": "destination.credentials",
};

export function emptyEnvironment(revisionId: string): EnvironmentForm {
  return {
    name: "",
    revision_id: revisionId,
    destination: EMPTY_DESTINATION,
    on_invalid: "quarantine",
    allowed_origins: "",
    rate_limit: "",
    streams: 1,
    buffer_seconds: "",
    store_addresses: false,
    quarantine_protected: false,
    taps: "on",
  };
}

export function environmentForm(environment: Model<"Environment">): EnvironmentForm {
  return {
    name: environment.name,
    revision_id: environment.revision_id,
    destination: formFrom(environment.destination),
    on_invalid: environment.on_invalid,
    allowed_origins: environment.allowed_origins.join("\n"),
    rate_limit: environment.rate_limit ?? "",
    streams: environment.streams,
    buffer_seconds: environment.buffer_seconds ?? "",
    store_addresses: environment.store_addresses,
    quarantine_protected: environment.quarantine_protected,
    taps: environment.taps,
  };
}

type Settings = Omit<Model<"EnvironmentCreate">, "revision_id">;

/** What both a creation and a change send, or why the credentials can't be read. */
export function settingsOf(form: EnvironmentForm): Settings | string {
  const destination = destinationOf(form.destination);
  if (typeof destination === "string") return destination;
  return {
    name: form.name.trim(),
    destination,
    on_invalid: form.on_invalid,
    allowed_origins: form.allowed_origins
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
    rate_limit: form.rate_limit === "" ? null : form.rate_limit,
    streams: form.streams === "" ? 1 : form.streams,
    buffer_seconds: form.buffer_seconds === "" ? null : form.buffer_seconds,
    store_addresses: form.store_addresses,
    quarantine_protected: form.quarantine_protected,
    taps: form.taps,
  };
}

/** Of the settings those whose field of the form was touched. */
export function touched(settings: Settings, isTouched: (field: keyof Settings) => boolean): Partial<Settings> {
  const fields = Object.keys(settings) as (keyof Settings)[];
  return Object.fromEntries(fields.filter(isTouched).map((field) => [field, settings[field]]));
}
