// Which entrypoint answers a path below `data`. Rules and packages are found by walking; nothing is compiled for a path.
import type { InspectedModule } from "./rego-compiler.js";

interface Node {
  readonly children: Map<string, Node>;
  /** Null where OPA's compiler cannot name the place: a package with a slash or a percent sign in its name. */
  entrypoint: string | null;
  kind: "package" | "rule";
}

/** What answers a path. */
export interface Found {
  readonly entrypoint: string;
  /** What is left of the path, within the answer. */
  readonly rest: readonly string[];
}

export class DocumentTree {
  readonly #root: Node = node("package", null);
  readonly #entrypoints: string[] = [];

  constructor(modules: readonly Pick<InspectedModule, "package" | "rules">[]) {
    for (const module of modules) {
      if (module.rules.length === 0) continue; // it is in no document
      const path = module.package.split("/");
      for (let length = 1; length <= path.length; length++) this.#add(path.slice(0, length), "package");
      for (const { name, args } of module.rules) if (args === 0) this.#add([...path, name], "rule");
    }
  }

  /** Every package and every rule. */
  get entrypoints(): readonly string[] {
    return this.#entrypoints;
  }

  /** The first names of all packages. */
  get tops(): readonly string[] {
    return [...this.#root.children.keys()];
  }

  /** The rule or the package that the path leads into; null where it leads out of all packages. */
  find(path: readonly string[]): Found | null {
    let at = this.#root;
    let found: Found | null = null;
    for (const [depth, segment] of path.entries()) {
      const next = at.children.get(segment);
      if (next === undefined) return at.kind === "rule" || hasUnnamed(at) ? found : null;
      at = next;
      if (at.entrypoint !== null) found = { entrypoint: at.entrypoint, rest: path.slice(depth + 1) };
    }
    return found;
  }

  #add(path: readonly string[], kind: Node["kind"]): void {
    let at = this.#root;
    for (const segment of path) {
      const next = at.children.get(segment) ?? node("package", null);
      at.children.set(segment, next);
      at = next;
    }
    at.kind = kind;
    if (at.entrypoint !== null || path.some((segment) => segment.includes("%"))) return;
    at.entrypoint = path.join("/");
    this.#entrypoints.push(at.entrypoint);
  }
}

function node(kind: Node["kind"], entrypoint: string | null): Node {
  return { children: new Map(), kind, entrypoint };
}

function hasUnnamed({ children }: Node): boolean {
  return [...children.values()].some(({ entrypoint }) => entrypoint === null);
}
