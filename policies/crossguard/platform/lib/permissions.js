"use strict";
// What AWS policy documents allow, as far as one document says it: actions and resources, with Deny before Allow. Conditions
// make a Deny weaker than it looks and an Allow narrower, so a Deny counts only without them.
const { listOf } = require("./resources.js");

/** The document of a policy, or undefined where the text is none. */
function parseDocument(text) {
  if (typeof text === "object" && text !== null) return text;
  if (typeof text !== "string" || text.length > 1_000_000) return undefined;
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function statementsOf(document) {
  return listOf(document?.Statement).filter((one) => typeof one === "object" && one !== null);
}

/** `*` and `?` as IAM has them, without regard to case. Linear: the last star alone is returned to. */
function matches(pattern, text) {
  const [wanted, given] = [String(pattern).toLowerCase(), text.toLowerCase()];
  let [at, star, back] = [0, -1, 0];
  let index = 0;
  while (index < given.length) {
    if (at < wanted.length && (wanted[at] === "?" || wanted[at] === given[index]) && wanted[at] !== "*") {
      at++;
      index++;
    } else if (wanted[at] === "*") {
      star = at++;
      back = index;
    } else if (star >= 0) {
      at = star + 1;
      index = ++back;
    } else return false;
  }
  while (wanted[at] === "*") at++;
  return at === wanted.length;
}

function coversAction({ Action: action, NotAction: notAction }, wanted) {
  if (notAction !== undefined) return !listOf(notAction).some((pattern) => matches(pattern, wanted));
  return listOf(action).some((pattern) => matches(pattern, wanted));
}

/** On anything at all, or on all of a kind: what is named narrowly is somebody's decision. */
function isBroad({ Resource: resource, NotResource: notResource }) {
  if (notResource !== undefined) return true;
  return listOf(resource).some(
    (pattern) => pattern === "*" || /^arn:[^:]*:[^:]*:[^:]*:[^:]*:([^/:]*[/:])?\*$/.test(String(pattern)),
  );
}

/** Whether statements of one identity together allow an action on resources that they do not name one by one. */
function allows(statements, action) {
  const denied = statements.some(
    (one) =>
      one.Effect === "Deny" &&
      one.Condition === undefined &&
      coversAction(one, action) &&
      listOf(one.Resource).includes("*"),
  );
  return !denied && statements.some((one) => one.Effect === "Allow" && coversAction(one, action) && isBroad(one));
}

module.exports = { allows, matches, parseDocument, statementsOf };
