import { block, bool, json, text, type ServiceMapping } from "./shape.js";

export const ecr: ServiceMapping = {
  types: [
    {
      terraform: ["aws_ecr_repository"],
      type: "AWS::ECR::Repository",
      name: "name",
      properties: {
        RepositoryName: text("name"),
        ImageTagMutability: text("image_tag_mutability"),
        ImageScanningConfiguration: block("image_scanning_configuration", { ScanOnPush: bool("scan_on_push") }),
        EncryptionConfiguration: block("encryption_configuration", {
          EncryptionType: { ...text("encryption_type"), otherwise: "AES256" },
          KmsKey: text("kms_key"),
        }),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_ecr_repository_policy"],
      owner: "AWS::ECR::Repository",
      links: ["repository"],
      merge: "set",
      properties: { RepositoryPolicyText: json("policy") },
    },
    {
      terraform: ["aws_ecr_lifecycle_policy"],
      owner: "AWS::ECR::Repository",
      links: ["repository"],
      merge: "set",
      properties: { LifecyclePolicy: { kind: "object", shape: { LifecyclePolicyText: text("policy") } } },
    },
  ],
};
