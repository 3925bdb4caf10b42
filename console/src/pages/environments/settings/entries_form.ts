/** Queues, streams and buses of AWS as a form holds them, and as the API takes them. */

import type { Model } from "@/api/types";

export interface EntriesForm {
  queue_url: string;
  /** Empty: the API's default. */
  message_group: string;
  /** Empty: none. */
  message_group_field: string;
  stream_arn: string;
  /** Empty: `_event_id`. */
  partition_key_field: string;
  bus_arn: string;
  /** Empty: the API's default. */
  detail_type: string;
  /** Empty: none. */
  detail_type_field: string;
  /** Whether an event's name is its detail type. */
  is_named_by_event: boolean;
}

export const EMPTY_ENTRIES: EntriesForm = {
  queue_url: "",
  message_group: "",
  message_group_field: "",
  stream_arn: "",
  partition_key_field: "",
  bus_arn: "",
  detail_type: "",
  detail_type_field: "",
  is_named_by_event: false,
};

export function isFifo(queueUrl: string): boolean {
  return queueUrl.trim().endsWith(".fifo");
}

/** What `role_arn` may send to. */
interface WithRole extends EntriesForm {
  role_arn: string;
}

export function sqsFormFrom(shown: Model<"ShownSqsDestination">): WithRole {
  const { queue_url, role_arn, message_group, message_group_field } = shown;
  return { ...EMPTY_ENTRIES, queue_url, role_arn, message_group, message_group_field: message_group_field ?? "" };
}

export function sqsDestinationOf(form: WithRole): Model<"SqsDestination"> {
  const queue_url = form.queue_url.trim();
  const group = form.message_group.trim();
  return {
    type: "sqs",
    queue_url,
    role_arn: form.role_arn.trim(),
    ...(isFifo(queue_url) && group !== "" ? { message_group: group } : {}),
    ...(isFifo(queue_url) ? { message_group_field: textOrNull(form.message_group_field) } : {}),
  };
}

export function kinesisFormFrom(shown: Model<"ShownKinesisDestination">): WithRole {
  const { stream_arn, role_arn, partition_key_field } = shown;
  return { ...EMPTY_ENTRIES, stream_arn, role_arn, partition_key_field: partition_key_field ?? "" };
}

export function kinesisDestinationOf(form: WithRole): Model<"KinesisDestination"> {
  return {
    type: "kinesis",
    stream_arn: form.stream_arn.trim(),
    role_arn: form.role_arn.trim(),
    partition_key_field: textOrNull(form.partition_key_field),
  };
}

export function eventBridgeFormFrom(shown: Model<"ShownEventBridgeDestination">): WithRole {
  const { bus_arn, role_arn, detail_type, detail_type_field, detail_type_from } = shown;
  return {
    ...EMPTY_ENTRIES,
    bus_arn,
    role_arn,
    detail_type,
    detail_type_field: detail_type_field ?? "",
    is_named_by_event: detail_type_from !== null,
  };
}

export function eventBridgeDestinationOf(form: WithRole): Model<"EventBridgeDestination"> {
  const detail_type = form.detail_type.trim();
  return {
    type: "eventbridge",
    bus_arn: form.bus_arn.trim(),
    role_arn: form.role_arn.trim(),
    ...(detail_type === "" ? {} : { detail_type }),
    detail_type_field: textOrNull(form.detail_type_field),
    detail_type_from: form.is_named_by_event ? "event_name" : null,
  };
}

function textOrNull(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}
