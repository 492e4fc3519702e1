"use strict";
// The resources of a stack, and who refers to whom.

/** Lists of a property; one value counts as a list of it. */
function listOf(value) {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function ofType(resources, ...types) {
  return resources.filter(({ type }) => types.includes(type));
}

/** The end of a URN: the name that the program gave, or the id in the cloud. */
function nameOf(resource) {
  return resource.urn.split("::").slice(3).join("::") || resource.name;
}

/** Finds resources by what others write to mean them: id, ARN, name. */
class Directory {
  constructor(resources) {
    this.byWord = new Map();
    for (const resource of resources) {
      for (const word of wordsFor(resource)) {
        const known = this.byWord.get(word);
        if (known === undefined) this.byWord.set(word, [resource]);
        else if (known.at(-1) !== resource) known.push(resource);
      }
    }
  }

  /**
   * The resources of the types that a property refers to. Where the engine knows the dependencies of the property they are the
   * answer, for the value itself is known only after the resource is there.
   */
  targets(resource, property, types) {
    const known = listOf(resource.propertyDependencies?.[property]).filter(({ type }) => types.includes(type));
    if (known.length > 0) return known;
    return listOf(resource.props[property]).flatMap((word) => this.named(word, types));
  }

  named(word, types) {
    return (this.byWord.get(word) ?? []).filter(({ type }) => types.includes(type));
  }
}

/** In the cloud a resource's URN ends with its id; in a program the engine knows the dependencies, and no word is needed. */
function wordsFor(resource) {
  const name = nameOf(resource);
  return new Set([name, name.split(/[/:]/).at(-1), resource.name]);
}

/** A message that lists many names says the first of them. */
function few(names, most = 5) {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** The properties with one of them changed. They are not copied: a copy would read what is not known, or hidden. */
function changed(props, property, value) {
  props[property] = value;
  return props;
}

module.exports = { changed, Directory, few, listOf, nameOf, ofType };
