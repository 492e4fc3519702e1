// Four of the shipped policies as a JavaScript programmer would write them: what translation is measured against.
const blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
const closed = new Set(["AwsExecRead", "BucketOwnerFullControl", "BucketOwnerRead", "LogDeliveryWrite", "Private"]);

export const handwritten = {
  "aws/s3/block_public_access"({ config }) {
    const found = [];
    const settings = config.PublicAccessBlockConfiguration;
    for (const block of blocks) {
      if (settings?.[block] !== true) {
        found.push({ message: `${block} is not true`, path: `/config/PublicAccessBlockConfiguration/${block}` });
      }
    }
    return found;
  },

  "aws/s3/versioning_enabled"({ config }) {
    if (config.VersioningConfiguration?.Status === "Enabled") return [];
    return [{ message: "versioning is not Enabled", path: "/config/VersioningConfiguration/Status" }];
  },

  "aws/s3/access_logging"({ config }) {
    const destination = config.LoggingConfiguration?.DestinationBucketName;
    if (typeof destination === "string" && destination !== "") return [];
    if (config.AccessControl === "LogDeliveryWrite") return [];
    const path = "/config/LoggingConfiguration/DestinationBucketName";
    return [{ message: "no bucket is named to receive the access logs", path }];
  },

  "aws/s3/no_public_acl"({ config }) {
    const acl = config.AccessControl;
    if (acl === undefined || closed.has(acl)) return [];
    return [{ message: `the ACL is ${acl}; expected Private`, path: "/config/AccessControl" }];
  },
};
