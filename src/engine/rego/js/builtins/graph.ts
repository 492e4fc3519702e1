// Graphs are objects from a node to an array or set of its neighbours.
import { isArray, isSet, objectGet, RegoSet, type ObjectValue, type Value } from "../values.js";
import { objectOperand, wrongOperand, type BuiltinContext, type Builtins } from "./builtin.js";

export function graphBuiltins({ charge }: Pick<BuiltinContext, "charge">): Builtins {
  return {
    "graph.reachable": (a: Value, b: Value) => {
      const graph = objectOperand(a, 1);
      const queue = [...startsOperand(b)];
      const reached = new RegoSet();
      for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
        const neighbours = objectGet(graph, node);
        if (neighbours === undefined || reached.has(node)) continue;
        reached.add(node);
        charge(200, 1);
        queue.push(...nodesIn(neighbours).filter((neighbour) => !reached.has(neighbour)));
      }
      return reached;
    },
    // There can be very many paths: each counts.
    "graph.reachable_paths": (a: Value, b: Value) => {
      const graph = objectOperand(a, 1);
      const paths = new RegoSet();
      const add = (path: readonly Value[]): void => {
        charge(400 + 8 * path.length, 10);
        paths.add(path);
      };
      for (const start of startsOperand(b)) {
        const neighbours = objectGet(graph, start);
        if (neighbours === undefined) continue;
        const first = nodesIn(neighbours);
        if (first.length === 0) add([start]);
        for (const neighbour of first) follow(graph, neighbour, [start], RegoSet.of([start]), add);
      }
      return paths;
    },
  };
}

/** A path ends where a node has no neighbours, before one that is not in the graph, and where it would come back to itself. */
function follow(
  graph: ObjectValue,
  node: Value,
  path: readonly Value[],
  seen: RegoSet,
  add: (path: readonly Value[]) => void,
): void {
  const neighbours = objectGet(graph, node);
  if (neighbours === undefined) {
    add(path);
    return;
  }
  const longer = [...path, node];
  const next = nodesIn(neighbours);
  if (next.length === 0) add(longer);
  const passed = RegoSet.of([...seen.values(), node]);
  for (const neighbour of next) {
    if (passed.has(neighbour)) add(longer);
    else follow(graph, neighbour, longer, passed, add);
  }
}

function startsOperand(value: Value): readonly Value[] {
  return isSet(value) || isArray(value) ? nodesIn(value) : wrongOperand(2, value, "array", "set");
}

function nodesIn(value: Value): readonly Value[] {
  if (isSet(value)) return value.values();
  return isArray(value) ? value : [];
}
