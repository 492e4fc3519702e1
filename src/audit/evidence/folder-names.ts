// Names of files for ids that may be anything.

/** A name for each id, distinct on systems that do not tell capitals apart. */
export function folderNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    ids.map((id) => {
      const plain =
        id
          .replace(/[^A-Za-z0-9._-]+/g, "-")
          .replace(/^[._-]+/, "")
          .slice(0, 80) || "unnamed";
      let name = plain;
      for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${plain}-${number}`;
      taken.add(name.toLowerCase());
      return [id, name];
    }),
  );
}
