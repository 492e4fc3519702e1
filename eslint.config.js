import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "coverage/", ".portcullis/"] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
      "no-console": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 6],
      // Follows types for ever that are made of themselves, as Rego's values are.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
    },
  },
  {
    // One case for each statement of OPA's plan.
    files: ["src/engine/rego/js/translate.ts", "src/engine/rego/js/interpreter.ts"],
    rules: {
      "max-lines-per-function": ["error", 80],
      "max-lines": ["error", { max: 500, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ["**/*.test.ts", "**/testing/**/*.ts", "test/**/*.ts"],
    rules: { "max-lines-per-function": "off", "max-lines": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
