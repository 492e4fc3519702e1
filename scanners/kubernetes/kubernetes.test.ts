import { expect, test } from "vitest";
import { parseDocuments } from "../code/document.js";
import { readKubernetes } from "./index.js";

const read = (yaml: string): ReturnType<typeof readKubernetes> =>
  parseDocuments("m.yaml", yaml).flatMap(readKubernetes);

test("several documents and nested lists, each with its id and place", () => {
  const items = read(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, number: 1}}
spec: {template: {spec: {serviceAccountName: runner, volumes: [{secret: {secretName: keys}}]}}}
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Namespace, metadata: {name: prod}}
  - apiVersion: v1
    kind: PodList
    items:
      - apiVersion: v1
        kind: Pod
        metadata: {generateName: job-, namespace: prod}
        spec:
          hostNetwork: yes
`);
  const seen = items.map((item) =>
    item.kind === "resource"
      ? {
          id: item.resource.id,
          type: item.resource.type,
          tags: item.resource.tags,
          references: item.references,
          line: item.resource.source.line,
        }
      : item,
  );
  expect(seen).toEqual([
    {
      id: "apps/v1/Deployment/default/web",
      type: "apps/v1/Deployment",
      tags: { app: "web" },
      references: ["v1/Secret/default/keys", "v1/ServiceAccount/default/runner"],
      line: 1,
    },
    { id: "v1/Namespace//prod", type: "v1/Namespace", tags: {}, references: [], line: 9 },
    { id: "v1/Pod/prod/job-*", type: "v1/Pod", tags: {}, references: [], line: 13 },
  ]);
  const pod = items[2];
  expect(pod?.kind === "resource" ? pod.resource.config : null).toMatchObject({ spec: { hostNetwork: true } });
  expect(pod?.kind === "resource" ? pod.locate("/config/spec/hostNetwork")?.line : null).toBe(17);
});

test.each([
  ["kind: Pod", "it is not a Kubernetes manifest; expected apiVersion and kind"],
  ["apiVersion: v1\nkind: Pod\nmetadata: {}", "the Pod has no name; expected metadata.name"],
  ["- a", "it is not a Kubernetes manifest; expected an object"],
])("%s: %s", (yaml, message) => {
  expect(read(yaml)).toMatchObject([{ kind: "problem", problem: "unreadable", at: "m.yaml", line: 1, message }]);
});
