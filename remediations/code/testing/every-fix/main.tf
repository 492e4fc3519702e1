# One resource for every fix of Terraform code.
resource "aws_cloudtrail" "trail" {
  name           = "trail"
  s3_bucket_name = aws_s3_bucket.logs.id # where it goes
  enable_logging = false                 # off for the move
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

resource "aws_dynamodb_table" "orders" {
  name     = "orders"
  hash_key = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_instance" "web" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
}

resource "aws_launch_template" "web" {
  name = "web"

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "optional" # until the agents are new
  }
}

resource "aws_launch_configuration" "web" {
  image_id      = "ami-12345678"
  instance_type = "t3.micro"
}

resource "aws_subnet" "public" {
  vpc_id                  = "vpc-1"
  cidr_block              = "10.0.0.0/24"
  map_public_ip_on_launch = true
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  size              = 8
}

resource "aws_ecr_repository" "app" { name = "app" }

resource "aws_efs_file_system" "shared" {}

resource "aws_eks_cluster" "main" {
  name                      = "main"
  role_arn                  = "arn:aws:iam::111122223333:role/eks"
  enabled_cluster_log_types = ["scheduler", "audit"]

  vpc_config {
    subnet_ids = ["subnet-1"]
  }
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id = "cache"
  description          = "cache"
}

resource "aws_lb" "web" {
  name = "web"
}

resource "aws_alb" "old" {
  name = "old"
}

resource "aws_kms_key" "orders" {
  description = <<-TEXT
    }  resource "aws_kms_key" "orders" {
  TEXT
}

resource "aws_lambda_function" "fn" {
  function_name = "fn"
  role          = "arn:aws:iam::111122223333:role/fn"
}

resource "aws_cloudwatch_log_group" "fn" {
  name              = "fn"
  retention_in_days = 30
}

resource "aws_db_instance" "db" {
  identifier                 = "db"
  engine                     = "postgres"
  auto_minor_version_upgrade = false
  publicly_accessible        = true
}

resource "aws_rds_cluster" "db" {
  cluster_identifier = "db"
  engine             = "aurora-postgresql"
}

resource "aws_redshift_cluster" "dw" {
  cluster_identifier  = "dw"
  node_type           = "ra3.large"
  publicly_accessible = true
}

resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = false
}
