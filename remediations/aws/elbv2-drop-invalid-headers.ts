// Drop malformed headers.
import { balancerAttribute } from "./elbv2-attribute.js";

export const elbv2DropInvalidHeaders = balancerAttribute({
  id: "aws-elbv2-drop-invalid-headers",
  title: "Drop malformed headers",
  policies: ["aws-elbv2-drop-invalid-headers"],
  undo: "Passes malformed headers on again.",
  caution: "Requests with such headers reach their target without them.",
  key: "routing.http.drop_invalid_header_fields.enabled",
});
