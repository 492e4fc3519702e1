import { any, block, bool, blocks, group, number, text, type ServiceMapping } from "./shape.js";

export const autoscaling: ServiceMapping = {
  types: [
    {
      terraform: ["aws_autoscaling_group"],
      type: "AWS::AutoScaling::AutoScalingGroup",
      name: "name",
      tags: "blocks",
      properties: {
        AutoScalingGroupName: text("name"),
        // CloudFormation has the sizes as text.
        MinSize: text("min_size"),
        MaxSize: text("max_size"),
        DesiredCapacity: text("desired_capacity"),
        HealthCheckType: text("health_check_type"),
        HealthCheckGracePeriod: number("health_check_grace_period"),
        AvailabilityZones: any("availability_zones"),
        VPCZoneIdentifier: any("vpc_zone_identifier"),
        LaunchConfigurationName: text("launch_configuration"),
        LaunchTemplate: block("launch_template", {
          LaunchTemplateId: text("id"),
          LaunchTemplateName: text("name"),
          Version: text("version"),
        }),
        TargetGroupARNs: any("target_group_arns"),
        LoadBalancerNames: any("load_balancers"),
        CapacityRebalance: bool("capacity_rebalance"),
        MetricsCollection: group({ Metrics: any("enabled_metrics") }),
      },
    },
    {
      terraform: ["aws_launch_configuration"],
      type: "AWS::AutoScaling::LaunchConfiguration",
      name: "name",
      tags: "none",
      properties: {
        LaunchConfigurationName: text("name"),
        ImageId: text("image_id"),
        InstanceType: text("instance_type"),
        AssociatePublicIpAddress: bool("associate_public_ip_address"),
        EbsOptimized: bool("ebs_optimized"),
        InstanceMonitoring: bool("enable_monitoring"),
        IamInstanceProfile: text("iam_instance_profile"),
        SecurityGroups: any("security_groups"),
        UserData: text("user_data"),
        MetadataOptions: block("metadata_options", {
          HttpTokens: text("http_tokens"),
          HttpEndpoint: text("http_endpoint"),
          HttpPutResponseHopLimit: number("http_put_response_hop_limit"),
        }),
        BlockDeviceMappings: blocks("ebs_block_device", {
          DeviceName: text("device_name"),
          Ebs: group({
            Encrypted: bool("encrypted"),
            VolumeSize: number("volume_size"),
            VolumeType: text("volume_type"),
          }),
        }),
      },
    },
  ],
  satellites: [],
};
