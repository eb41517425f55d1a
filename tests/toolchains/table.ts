/** The table of toolchains in the documents. */

import type { TableSpec } from "../helpers/doc_table.ts";

/** The columns: toolchain, checks passed, what a project needs. */
export const TOOLCHAIN_TABLE: TableSpec = {
  page: "docs/toolchains.md",
  of: "toolchains",
  command: "deno run -A tests/toolchains/main.ts --write",
  head: ["toolchain", "checks passed", "needs"],
};
