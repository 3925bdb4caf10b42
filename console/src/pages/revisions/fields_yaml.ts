/** The body of a revision's fields as YAML; loaded only where it is shown. */

import type { Notation } from "@/pages/revisions/fields_json";
import { NotYaml, readYaml, writeYaml } from "@/text/yaml";

export const YAML_NOTATION: Notation = {
  name: "YAML",
  write: writeYaml,
  read: (text) => readYaml(text).value,
  faultOf: (_text, error) =>
    error instanceof NotYaml ? { line: error.line, message: `This can’t be read: ${error.message}.` } : null,
  linesOf: (text, pointers) => {
    const { lineOf } = readYaml(text);
    return new Map(pointers.map((pointer) => [pointer, lineOf(pointer)]));
  },
};
