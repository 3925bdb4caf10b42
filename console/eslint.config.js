import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const CHOICES = {
  selector:
    "JSXOpeningElement[name.name=/^(Select|MultiSelect|Autocomplete|TagsInput)$/] > JSXAttribute[name.name='data'] >" +
    " JSXExpressionContainer > :not(ArrayExpression):not(Identifier[name=/^[A-Z_]+$/])" +
    ":not(CallExpression[callee.name=/^(distinct|optionsOf)$/])",
  message: "Choices that are no constant come from `distinct` or `optionsOf` of components/options.ts.",
};

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.d.ts", "public", "*.cjs"] },
  js.configs.recommended,
  reactHooks.configs.flat.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Handlers of React take promises: what fails in them is shown by the mutation's own state.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // The router redirects by throwing.
      "@typescript-eslint/only-throw-error": "off",
      // Mantine gives up the page where two choices have one value: choices are constants, or come from `options.ts`.
      "no-restricted-syntax": ["error", CHOICES],
      // Everything goes through the client that is generated from the API's description.
      "no-restricted-globals": ["error", "fetch", "XMLHttpRequest", "localStorage"],
    },
  },
  {
    // The transport below the generated client, the address of an environment, what is no part of the API, and where the colour scheme is kept.
    files: ["src/api/ingest.ts", "src/api/transport.ts", "src/auth/hosted_page.ts", "src/auth/deployment.ts"],
    rules: { "no-restricted-globals": "off" },
  },
);
