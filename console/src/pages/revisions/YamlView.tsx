import { YAML_NOTATION } from "@/pages/revisions/fields_yaml";
import { TextView, type TextViewProps } from "@/pages/revisions/TextView";

/** All fields as YAML. */
export function YamlView(props: Omit<TextViewProps, "notation">) {
  return <TextView {...props} notation={YAML_NOTATION} />;
}
