import { describe, expect, it } from "vitest";

import type { Model } from "@/api/types";
import {
  contentFault,
  nameFault,
  placed,
  placeFor,
  planOf,
  typedContent,
  typedFaults,
  type Placed,
} from "@/pages/revisions/event_type";
import { nodesFrom, type SchemaField } from "@/pages/revisions/field";
import { writeJson } from "@/text/json";

const SEGMENT: Model<"Template"> = {
  name: "segment",
  title: "Segment",
  about: "Calls.",
  page: "protocols/segment.md",
  field_count: 25,
  additional_keys: "keep",
  event_name: ["/event", "/type"],
  typed: { name: "/event", content: "properties" },
};
const GA4: Model<"Template"> = {
  ...SEGMENT,
  name: "ga4",
  event_name: ["/name"],
  typed: { name: "/name", content: "params" },
};
const LOGPUSH: Model<"Template"> = { ...SEGMENT, name: "logpush", event_name: ["/ZoneName"], typed: null };
const TEMPLATES = [LOGPUSH, GA4, SEGMENT];
const PROPERTIES = { name: "/event", content: "properties" };
const ROOT = { name: "/event", content: "" };

const nodes = (fields: SchemaField[]) => nodesFrom(fields, { id: 1 });
const NONE = nodes([]);
const ORDER: SchemaField = {
  key: "order",
  type: "OBJECT",
  presence: "required",
  fields: [
    { key: "order_id", from: "orderId", type: "STRING", presence: "required" },
    { key: "total", type: "FLOAT", presence: "optional" },
  ],
};

describe("where a type of event has its fields", () => {
  const made = nodes([
    { key: "properties", type: "JSON" },
    { key: "params", type: "JSON" },
  ]);

  it("is where the template has it whose events are named alike", () => {
    expect(placeFor(["/event", "/type"], made, TEMPLATES)).toEqual(PROPERTIES);
    expect(placeFor(["/name"], made, TEMPLATES)).toEqual({ name: "/name", content: "params" });
    const deep = { ...SEGMENT, typed: { name: "/event", content: "/properties/data" } };
    expect(placeFor(["/event", "/type"], made, [deep])).toEqual(deep.typed);
  });

  it("is beside the name in events of one's own, and where no plan can be made", () => {
    expect(placeFor(["/kind", "/event"], made, TEMPLATES)).toEqual({ name: "/kind", content: "" });
    expect(placeFor(["/ZoneName"], made, TEMPLATES)).toEqual({ name: "/ZoneName", content: "" });
    expect(placeFor(["/name"], nodes([{ key: "name", type: "STRING" }]), TEMPLATES)).toEqual({
      name: "/name",
      content: "",
    });
  });

  it("is a key or a pointer", () => {
    expect(contentFault(ROOT)).toBeNull();
    expect(contentFault(PROPERTIES)).toBeNull();
    expect(contentFault({ name: "/event", content: "/a~b" })).toContain("~0");
  });
});

describe("the name of an event", () => {
  const planned = nodes([{ key: "order", type: "JSON", when: { "/event": ["Order", "7"] } }]);

  it("has to be there, and to have no fields yet", () => {
    expect(nameFault(" ", PROPERTIES, NONE)).toContain("Name the event");
    expect(nameFault("Order", PROPERTIES, planned)).toContain("already");
    expect(nameFault("7", PROPERTIES, planned)).toContain("already");
    expect(nameFault("Refund", PROPERTIES, planned)).toBeNull();
    expect(nameFault("Order", { name: "/type", content: "" }, planned)).toBeNull();
  });
});

describe("the plan of one event", () => {
  const planned = (source: "samples" | "json_schema", text: string, place = PROPERTIES) => {
    const plan = planOf("Order", source, text, place, TEMPLATES);
    return typeof plan === "string" ? plan : writeJson(plan);
  };

  it("is of the template with the same place, and of any other that takes a plan where there is none", () => {
    expect(planned("json_schema", '{"type": "object"}')).toBe(
      '{"template":"segment","plan":{"Order":{"type": "object"}}}',
    );
    expect(planned("json_schema", "{}", ROOT)).toBe('{"template":"ga4","plan":{"Order":{}}}');
  });

  it("takes samples as they are written", () => {
    expect(planned("samples", '{"total": 1.10}\n{"total": 2}')).toContain('[{"total": 1.10},{"total": 2}]');
  });

  it("takes of whole events what the type alone has", () => {
    const whole = '{"event": "Order", "properties": {"total": 1.10}}';
    expect(planned("samples", whole)).toContain('{"Order":[{"total":1.10}]}');
    expect(planned("samples", whole, ROOT)).toContain(`{"Order":[${whole}]}`);
    const deep = { name: "/event_name", content: "/unstruct_event/data" };
    expect(planned("samples", '{"unstruct_event": {"data": {"a": 1}}}', deep)).toContain('{"Order":[{"a":1}]}');
  });

  it("says what is wrong with the text", () => {
    expect(planned("samples", "[1]")).toContain("JSON object");
    expect(planned("json_schema", "[]")).toBe("Must be a JSON object.");
    expect(planOf("Order", "json_schema", "{}", PROPERTIES, [])).toContain("not loaded");
  });
});

describe("fields that are typed by hand", () => {
  it("get keys that a field can have, and read what is sent", () => {
    const rows = [
      { id: 1, sentAs: "orderId", type: "STRING" as const, required: true },
      { id: 2, sentAs: "order_id", type: "STRING" as const, required: false },
      { id: 3, sentAs: "/cart/total", type: "FLOAT" as const, required: false },
    ];
    expect(typedFaults(rows).size).toBe(0);
    expect(typedContent(rows).fields).toEqual([
      { key: "order_id", from: "orderId", type: "STRING", presence: "required" },
      { key: "order_id_2", from: "order_id", type: "STRING", presence: "optional" },
      { key: "total", from: "/cart/total", type: "FLOAT", presence: "optional" },
    ]);
  });

  it("each need a key of their own", () => {
    const row = { type: "STRING" as const, required: false };
    const faults = typedFaults([
      { ...row, id: 1, sentAs: "" },
      { ...row, id: 2, sentAs: "a" },
      { ...row, id: 3, sentAs: "a" },
      { ...row, id: 4, sentAs: "/~" },
    ]);
    expect([...faults.keys()]).toEqual([1, 3, 4]);
  });
});

describe("what is added for an event", () => {
  const added = (...args: Parameters<typeof placed>): Placed => {
    const made = placed(...args);
    if (typeof made === "string") throw new Error(made);
    return made;
  };

  it("is one object with the condition, required if anything in it is", () => {
    expect(added("Order Completed", ORDER, PROPERTIES, NONE).fields).toEqual([
      { ...ORDER, key: "order_completed", from: "properties", when: { "/event": ["Order Completed"] } },
    ]);
    const optional = { ...ORDER, fields: ORDER.fields?.slice(1) ?? [] };
    expect(added("Order", optional, PROPERTIES, NONE).fields[0]?.presence).toBe("optional");
  });

  it("has a key that no other field has", () => {
    const there = nodes([{ key: "order_completed", type: "JSON" }]);
    expect(added("Order Completed", ORDER, PROPERTIES, there).fields[0]?.key).toBe("order_completed_2");
    expect(added("Properties", ORDER, PROPERTIES, NONE).fields[0]).not.toHaveProperty("from");
  });

  it("keeps the kinds of a free object", () => {
    const free: SchemaField = { key: "a", type: "JSON", rules: [{ rule: "kinds", value: ["object"] }] };
    expect(added("Clicked", free, PROPERTIES, NONE).fields).toEqual([
      {
        key: "clicked",
        from: "properties",
        type: "JSON",
        presence: "optional",
        when: { "/event": ["Clicked"] },
        rules: [{ rule: "kinds", value: ["object"] }],
      },
    ]);
  });

  it("is each of its fields where these stand beside the name, without those that every event has", () => {
    const there = nodes([
      { key: "id", from: "orderId", type: "STRING" },
      { key: "total", type: "INT", when: { "/event": ["Refund"] } },
    ]);
    const { fields, known } = added("Order", ORDER, ROOT, there);
    expect(known).toEqual(["orderId"]);
    expect(fields).toEqual([
      { key: "total_2", from: "total", type: "FLOAT", presence: "optional", when: { "/event": ["Order"] } },
    ]);
    expect(placed("Order", ORDER, ROOT, nodes(ORDER.fields ?? []))).toContain("already");
  });
});
