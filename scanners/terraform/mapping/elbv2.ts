import {
  any,
  attributes,
  block,
  blocks,
  bool,
  group,
  number,
  object,
  only,
  text,
  type Shape,
  type ServiceMapping,
} from "./shape.js";

const inLoadBalancer: Shape = {
  Port: number("port"),
  Protocol: text("protocol"),
  SslPolicy: text("ssl_policy"),
  AlpnPolicy: only(text("alpn_policy")),
  Certificates: only(group({ CertificateArn: text("certificate_arn") })),
  DefaultActions: blocks("default_action", {
    Type: text("type"),
    Order: number("order"),
    TargetGroupArn: text("target_group_arn"),
    RedirectConfig: block("redirect", {
      Protocol: text("protocol"),
      Port: text("port"),
      StatusCode: text("status_code"),
      Host: text("host"),
      Path: text("path"),
      Query: text("query"),
    }),
    FixedResponseConfig: block("fixed_response", {
      ContentType: text("content_type"),
      StatusCode: text("status_code"),
    }),
    ForwardConfig: block("forward", {
      TargetGroups: blocks("target_group", { TargetGroupArn: text("arn"), Weight: number("weight") }),
    }),
  }),
};

const listener: Shape = { LoadBalancerArn: text("load_balancer_arn"), ...inLoadBalancer };

export const elbv2: ServiceMapping = {
  types: [
    {
      terraform: ["aws_lb", "aws_alb"],
      type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
      name: "name",
      identities: ["arn", "id"],
      properties: {
        Name: text("name"),
        Type: text("load_balancer_type"),
        Scheme: text("internal", { true: "internal", false: "internet-facing" }),
        IpAddressType: text("ip_address_type"),
        SecurityGroups: any("security_groups"),
        Subnets: any("subnets"),
        LoadBalancerAttributes: attributes({
          "access_logs.s3.enabled": bool("access_logs.enabled"),
          "access_logs.s3.bucket": text("access_logs.bucket"),
          "access_logs.s3.prefix": text("access_logs.prefix"),
          "connection_logs.s3.enabled": bool("connection_logs.enabled"),
          "connection_logs.s3.bucket": text("connection_logs.bucket"),
          "deletion_protection.enabled": bool("enable_deletion_protection"),
          "routing.http.drop_invalid_header_fields.enabled": bool("drop_invalid_header_fields"),
          "routing.http.desync_mitigation_mode": text("desync_mitigation_mode"),
          "routing.http2.enabled": bool("enable_http2"),
          "load_balancing.cross_zone.enabled": bool("enable_cross_zone_load_balancing"),
          "waf.fail_open.enabled": bool("enable_waf_fail_open"),
          "idle_timeout.timeout_seconds": number("idle_timeout"),
        }),
      },
    },
    {
      terraform: ["aws_lb_listener", "aws_alb_listener"],
      type: "AWS::ElasticLoadBalancingV2::Listener",
      identities: ["arn", "id"],
      properties: listener,
    },
    {
      terraform: ["aws_lb_target_group", "aws_alb_target_group"],
      type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      name: "name",
      properties: {
        Name: text("name"),
        Port: number("port"),
        Protocol: text("protocol"),
        TargetType: text("target_type"),
        VpcId: text("vpc_id"),
        HealthCheckEnabled: bool("health_check.enabled"),
        HealthCheckPath: text("health_check.path"),
        HealthCheckProtocol: text("health_check.protocol"),
      },
    },
  ],
  satellites: [
    {
      terraform: ["aws_lb_listener", "aws_alb_listener"],
      owner: "AWS::ElasticLoadBalancingV2::LoadBalancer",
      links: ["load_balancer_arn"],
      merge: "append",
      properties: { Listeners: only(object(inLoadBalancer)) },
    },
    {
      terraform: ["aws_lb_listener_certificate", "aws_alb_listener_certificate"],
      owner: "AWS::ElasticLoadBalancingV2::Listener",
      links: ["listener_arn"],
      merge: "append",
      properties: { Certificates: only(object({ CertificateArn: text("certificate_arn") })) },
    },
  ],
};
