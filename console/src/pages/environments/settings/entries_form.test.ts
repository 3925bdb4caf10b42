import { describe, expect, it } from "vitest";

import {
  EMPTY_ENTRIES,
  eventBridgeDestinationOf,
  eventBridgeFormFrom,
  kinesisDestinationOf,
  kinesisFormFrom,
  sqsDestinationOf,
  sqsFormFrom,
} from "@/pages/environments/settings/entries_form";

const ROLE = "arn:aws:iam::123456789012:role/ingest";
const URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/events";
const FORM = { ...EMPTY_ENTRIES, queue_url: ` ${URL} `, role_arn: ROLE, message_group: "all", message_group_field: "" };

describe("the form of a queue", () => {
  it("asks for groups only where the queue has them", () => {
    const sent = { type: "sqs", queue_url: URL, role_arn: ROLE };
    expect(sqsDestinationOf(FORM)).toEqual(sent);
    expect(sqsDestinationOf({ ...FORM, queue_url: `${URL}.fifo` })).toEqual({
      ...sent,
      queue_url: `${URL}.fifo`,
      message_group: "all",
      message_group_field: null,
    });
  });

  it("leaves an empty group to the API's default", () => {
    const form = { ...FORM, queue_url: `${URL}.fifo`, message_group: "", message_group_field: " user_id" };
    expect(sqsDestinationOf(form)).toEqual({
      type: "sqs",
      queue_url: `${URL}.fifo`,
      role_arn: ROLE,
      message_group_field: "user_id",
    });
  });

  it("is filled with what is shown", () => {
    const shown = { message_group: "events", message_group_field: null, external_id: "org_1" };
    expect(sqsFormFrom({ type: "sqs", queue_url: URL, role_arn: ROLE, ...shown })).toEqual({
      ...EMPTY_ENTRIES,
      queue_url: URL,
      role_arn: ROLE,
      message_group: "events",
    });
  });
});

describe("the form of a stream", () => {
  const stream_arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events";

  it("takes events by their id unless a field is named", () => {
    const form = { ...EMPTY_ENTRIES, stream_arn: `${stream_arn} `, role_arn: ROLE };
    const sent = { type: "kinesis", stream_arn, role_arn: ROLE };
    expect(kinesisDestinationOf(form)).toEqual({ ...sent, partition_key_field: null });
    expect(kinesisDestinationOf({ ...form, partition_key_field: "user_id" })).toEqual({
      ...sent,
      partition_key_field: "user_id",
    });
  });

  it("is filled with what is shown", () => {
    const shown = { type: "kinesis", stream_arn, role_arn: ROLE, external_id: "org_1" } as const;
    expect(kinesisFormFrom({ ...shown, partition_key_field: "user_id" })).toEqual({
      ...EMPTY_ENTRIES,
      stream_arn,
      role_arn: ROLE,
      partition_key_field: "user_id",
    });
  });
});

describe("the form of a bus", () => {
  const bus_arn = "arn:aws:events:eu-west-1:123456789012:event-bus/events";
  const sent = { type: "eventbridge", bus_arn, role_arn: ROLE } as const;

  it("leaves an empty detail type to the API's default", () => {
    const form = { ...EMPTY_ENTRIES, bus_arn: ` ${bus_arn}`, role_arn: ROLE };
    expect(eventBridgeDestinationOf(form)).toEqual({ ...sent, detail_type_field: null, detail_type_from: null });
    const filled = { ...form, detail_type: "Order placed ", detail_type_field: "name", is_named_by_event: true };
    expect(eventBridgeDestinationOf(filled)).toEqual({
      ...sent,
      detail_type: "Order placed",
      detail_type_field: "name",
      detail_type_from: "event_name",
    });
  });

  it("is filled with what is shown", () => {
    const unset = { detail_type_field: null, detail_type_from: null };
    const shown = { ...sent, detail_type: "event", ...unset, external_id: "org_1" };
    const filled = { ...EMPTY_ENTRIES, bus_arn, role_arn: ROLE, detail_type: "event" };
    expect(eventBridgeFormFrom(shown)).toEqual(filled);
    const byName = { ...shown, detail_type_from: "event_name" as const };
    expect(eventBridgeFormFrom(byName)).toEqual({ ...filled, is_named_by_event: true });
  });
});
