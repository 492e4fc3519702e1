import { any, block, blocks, bool, number, object, text, type Shape, type ServiceMapping } from "./shape.js";

const behavior: Shape = {
  ViewerProtocolPolicy: text("viewer_protocol_policy"),
  TargetOriginId: text("target_origin_id"),
  AllowedMethods: any("allowed_methods"),
  CachedMethods: any("cached_methods"),
  Compress: bool("compress"),
  CachePolicyId: text("cache_policy_id"),
  OriginRequestPolicyId: text("origin_request_policy_id"),
  ResponseHeadersPolicyId: text("response_headers_policy_id"),
  FieldLevelEncryptionId: text("field_level_encryption_id"),
};

const origin: Shape = {
  Id: text("origin_id"),
  DomainName: text("domain_name"),
  OriginPath: text("origin_path"),
  OriginAccessControlId: text("origin_access_control_id"),
  CustomOriginConfig: block("custom_origin_config", {
    OriginProtocolPolicy: text("origin_protocol_policy"),
    OriginSSLProtocols: any("origin_ssl_protocols"),
    HTTPPort: number("http_port"),
    HTTPSPort: number("https_port"),
  }),
  S3OriginConfig: block("s3_origin_config", { OriginAccessIdentity: text("origin_access_identity") }),
};

export const cloudfront: ServiceMapping = {
  types: [
    {
      terraform: ["aws_cloudfront_distribution"],
      type: "AWS::CloudFront::Distribution",
      name: "comment",
      properties: {
        DistributionConfig: object({
          Enabled: bool("enabled"),
          Comment: text("comment"),
          Aliases: any("aliases"),
          DefaultRootObject: text("default_root_object"),
          HttpVersion: text("http_version"),
          PriceClass: text("price_class"),
          WebACLId: text("web_acl_id"),
          DefaultCacheBehavior: block("default_cache_behavior", behavior),
          CacheBehaviors: blocks("ordered_cache_behavior", { PathPattern: text("path_pattern"), ...behavior }),
          Origins: blocks("origin", origin),
          OriginGroups: { kind: "group", shape: { Items: blocks("origin_group", { Id: text("origin_id") }) } },
          Logging: block("logging_config", {
            Bucket: text("bucket"),
            Prefix: text("prefix"),
            IncludeCookies: bool("include_cookies"),
          }),
          ViewerCertificate: block("viewer_certificate", {
            CloudFrontDefaultCertificate: bool("cloudfront_default_certificate"),
            AcmCertificateArn: text("acm_certificate_arn"),
            IamCertificateId: text("iam_certificate_id"),
            MinimumProtocolVersion: text("minimum_protocol_version"),
            SslSupportMethod: text("ssl_support_method"),
          }),
          Restrictions: block("restrictions", {
            GeoRestriction: block("geo_restriction", {
              RestrictionType: text("restriction_type"),
              Locations: any("locations"),
            }),
          }),
        }),
      },
    },
  ],
  satellites: [],
};
